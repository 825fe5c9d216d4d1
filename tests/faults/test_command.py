"""`python -m infra.faults`: one JSON line, and an exit status that says whether a law broke."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def faults(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.faults", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_a_torture_ends_with_one_line_of_json() -> None:
    done = faults("clock", "--histories", "3", "--seed", "5", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["torture"], told["seed"], told["broken"], told["histories"]) == ("clock", 5, 0, 3)
    assert "0 histories" in done.stderr


def test_every_torture_has_an_example() -> None:
    for name in ("backfill", "clock", "disk", "kill", "network", "power", "truncate"):
        done = faults(name, "--help")
        assert f'Example: make torture ARGS="{name} ' in done.stdout


def test_wrong_words_are_told_in_a_line() -> None:
    done = faults("clok")
    assert done.returncode == 2
    assert "clok" in done.stderr
    assert "Traceback" not in done.stderr
