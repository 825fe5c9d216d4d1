"""`python -m infra.stack.prepare [ENDPOINT]`: make buckets, users and policies, and probe.

A process of its own: the S3 client's eighty megabytes should not stay with the supervisor.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.errors import LivecamError, Retryable

SECONDS = 120
# A store that is away for long costs two CPU-seconds of imports a try.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5, 60
Tell = Callable[[str], None]


def prepare(endpoint: str | None = None, ended: threading.Event | None = None) -> list[str]:
    """Do it in a child; what could not be done, a line each. Raises Retryable with what it said.

    `endpoint` is the site's own server; without, the store that the configuration names.
    """
    argv = [sys.executable, "-m", "infra.stack.prepare", *([endpoint] if endpoint else [])]
    child = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is the supervisor's to hear
    )
    told, wrong = _outcome(child, ended or threading.Event())
    if child.returncode:
        said = wrong.strip().splitlines() or ["it said nothing"]
        raise Retryable(f"the store cannot be prepared: {said[-1]}")
    return told.splitlines()


def _outcome(child: subprocess.Popen[str], ended: threading.Event) -> tuple[str, str]:
    """Both outputs of a child, which is killed after SECONDS or once `ended` is set."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return child.communicate(timeout=0.5)
        except subprocess.TimeoutExpired:
            if ended.is_set() or time.monotonic() > deadline:
                child.kill()


@contextmanager
def beside(endpoint: str | None, tell: Tell) -> Iterator[None]:
    """While the body runs, prepare the store that runs at `endpoint`, until that is done.

    It may be away when the site starts: recorders, Prefect and the pages wait for nothing here.
    """
    if endpoint is None:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_until_done, args=(endpoint, tell, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _until_done(endpoint: str, tell: Tell, ended: threading.Event) -> None:
    said, pause = "", FIRST_PAUSE_S
    while not ended.is_set():
        try:
            for line in prepare(None, ended):
                tell(f"store: {line}")
        except Retryable as error:
            if str(error) != said and not ended.is_set():
                said = str(error)
                tell(f"store: {error}")
            ended.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        else:
            tell(f"store is ready at {endpoint}")
            return


def main() -> None:
    """The child: what was not done on standard output, one line on the other where it fails."""
    from edge.home import Home
    from flows.config_file import whole as config
    from infra import minio

    endpoint = sys.argv[1] if len(sys.argv) > 1 else None
    try:
        for line in minio.prepare(config.load(), Home.from_environment(), endpoint):
            sys.stdout.write(line + "\n")
    except LivecamError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
