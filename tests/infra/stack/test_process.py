"""Parts are known by more than a pid, and ended with all that they started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from infra.stack import process
from infra.stack.process import Identity, Target
from infra.waiting import wait_until

# A part whose child leaves its session, as Prefect's flow runs do.
PARENT = (
    "import subprocess, sys, time\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True)\n"
    "time.sleep(600)\n"
)


def test_a_part_ends_with_children_that_left_its_session(tmp_path: Path) -> None:
    mark = f"{tmp_path}:part"
    child = process.start([sys.executable, "-c", PARENT], {}, tmp_path / "part.log", mark)
    wait_until(lambda: len(process.marked([mark])) == 2, what="the child")

    process.end([Target(mark)])

    assert process.marked([mark]) == []
    assert child.wait() != 0


def test_a_child_is_found_after_its_parent_was_killed(tmp_path: Path) -> None:
    mark = f"{tmp_path}:part"
    parent = process.start([sys.executable, "-c", PARENT], {}, tmp_path / "part.log", mark)
    wait_until(lambda: len(process.marked([mark])) == 2, what="the child")
    parent.kill()
    parent.wait()

    process.end([Target(mark)], seconds=5)

    assert process.marked([mark]) == []


def test_what_ignores_the_request_is_killed(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " print('deaf', flush=True); time.sleep(600)"
    )
    mark, log = f"{tmp_path}:deaf", tmp_path / "deaf.log"
    child = process.start([sys.executable, "-c", deaf], {}, log, mark)
    wait_until(lambda: log.read_text() == "deaf\n", what="its readiness")

    process.end([Target(mark, process.identify(child.pid))], seconds=0.5)

    assert process.marked([mark]) == []
    assert child.wait() == -9


def test_another_process_under_the_same_pid_is_not_ours() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    ours = process.identify(child.pid)
    assert ours is not None
    assert ours.alive
    assert not Identity(ours.pid, ours.started + 1, ours.boot_id).alive
    assert not Identity(ours.pid, ours.started, "another boot").alive

    child.kill()

    wait_until(lambda: not ours.alive, what="the end")  # a zombie is not alive
    child.wait()
