"""`python -m infra.stack.prepare [ENDPOINT]`: make buckets, users and policies, and probe.

A process of its own: the S3 client's eighty megabytes should not stay with the supervisor.
"""

from __future__ import annotations

import subprocess
import sys

from edge.errors import LivecamError, Retryable

SECONDS = 120


def prepare(endpoint: str) -> None:
    """Do it in a child. Raises Retryable with what that said."""
    argv = [sys.executable, "-m", "infra.stack.prepare", endpoint]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise Retryable(f"the store cannot be prepared: {said[-1]}")


def main() -> None:
    """The child: one line on standard error where it fails."""
    from edge.home import Home
    from infra import config, minio

    try:
        for line in minio.prepare(config.load(), Home.from_environment(), sys.argv[1]):
            sys.stderr.write(line + "\n")
    except LivecamError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
