"""`python -m infra.cli`: the command, for processes that start each other."""

from infra.cli import main

main()
