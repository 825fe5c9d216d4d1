"""Parts start in order, are started again, and are adopted after the supervisor's end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.errors import BadSettings
from edge.home import Home
from infra.stack import logs, process, record
from infra.stack.part import Part
from infra.stack.supervisor import Supervisor, stop_all
from infra.waiting import wait_until

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")


def part(name: str, *after: str, argv: tuple[str, ...] = SLEEP) -> Part:
    return Part(name, argv, after=after)


def supervisor(home: Home, *parts: Part) -> tuple[Supervisor, list[str]]:
    told: list[str] = []
    return Supervisor(home, parts, SystemClock(), told.append), told


def until(parts: Supervisor, ready: object, seconds: float = 30) -> None:
    def tried() -> bool:
        parts.tick()
        return bool(ready())  # type: ignore[operator]

    wait_until(tried, seconds=seconds, what="it")


def test_a_part_starts_once_what_it_needs_is_ready(livecam_home: Path) -> None:
    home, there = Home(livecam_home), list[str]()
    first = Part("store", SLEEP, ready=lambda: bool(there), then=lambda: there.append("prepared"))
    parts, told = supervisor(home, part("worker", "store"), first)

    parts.tick()
    parts.tick()
    assert set(record.parts(home)) == {"store"}
    there.append("answers")
    until(parts, lambda: not parts.waiting())

    assert told == ["store is ready", "worker is ready"]
    assert there == ["answers", "prepared"]
    parts.stop()
    assert record.parts(home) == {}


def test_a_part_that_dies_is_started_again(livecam_home: Path) -> None:
    home = Home(livecam_home)
    parts, told = supervisor(home, part("p"))
    until(parts, lambda: not parts.waiting())
    died = record.parts(home)["p"].identity

    process.end([process.Target(record.mark_of(home, "p"))])
    until(parts, lambda: record.parts(home)["p"].identity != died)

    assert any("p ended with status" in line and "again in 1 s" in line for line in told)
    parts.stop()


def test_what_it_said_last_is_told(livecam_home: Path) -> None:
    argv = (sys.executable, "-c", "raise SystemExit('the disk is on fire')")
    parts, told = supervisor(Home(livecam_home), part("p", argv=argv))

    until(parts, lambda: any("the disk is on fire" in line for line in told))

    parts.stop()


def test_why_a_part_is_never_ready_is_told_once(livecam_home: Path) -> None:
    def ready() -> bool:
        raise BadSettings("the server refuses", hint="Ask its owner")

    parts, told = supervisor(Home(livecam_home), Part("p", SLEEP, ready=ready))

    until(parts, lambda: told)
    parts.tick()

    assert told == ["p: the server refuses. Ask its owner"]
    assert parts.waiting() == ["p"]
    parts.stop()


def test_the_next_supervisor_adopts_what_lives_and_is_wanted(livecam_home: Path) -> None:
    home = Home(livecam_home)
    left, _ = supervisor(home, part("kept"), part("changed"), part("unwanted"))
    until(left, lambda: not left.waiting())
    before = record.parts(home)

    changed = part("changed", argv=(*SLEEP, "otherwise"))
    parts, _ = supervisor(home, part("kept"), changed)
    assert parts.adopt() == ["kept"]
    until(parts, lambda: not parts.waiting())

    after = record.parts(home)
    assert set(after) == {"kept", "changed"}
    assert after["kept"].identity == before["kept"].identity
    assert after["changed"].identity != before["changed"].identity
    assert not before["unwanted"].identity.alive
    parts.stop()
    assert not after["kept"].identity.alive
    for child in [kept.child for kept in left._kept.values()]:
        assert child is not None
        child.wait()


def test_homes_do_not_touch_each_other(tmp_path: Path) -> None:
    one, other = Home(tmp_path / "home"), Home(tmp_path / "home2")
    ours, _ = supervisor(one, part("p"))
    theirs, _ = supervisor(other, part("p"))
    until(ours, lambda: not ours.waiting())
    until(theirs, lambda: not theirs.waiting())

    assert stop_all(one) == ["p"]

    assert record.parts(other)["p"].identity.alive
    theirs.stop()
    ours.stop()


def test_one_supervisor_a_home(livecam_home: Path) -> None:
    home = Home(livecam_home)
    lock = record.supervise(home)
    assert lock is not None
    assert record.supervise(home) is None
    lock.close()
    again = record.supervise(home)
    assert again is not None
    again.close()


@pytest.mark.parametrize("torn", ["", "[]", '{"part": "p"}', '{"part": "p", "identity": 7}'])
def test_a_torn_record_is_no_part(livecam_home: Path, torn: str) -> None:
    home = Home(livecam_home)
    record.write(home, "p", {})
    (home.run / "p.json").write_text(torn)

    assert record.parts(home) == {}


def test_a_log_is_cut_short_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "p.log"
    with log.open("ab") as writer:
        writer.write(b"x" * 100)
        writer.flush()
        assert logs.rotate(log, 99)
        writer.write(b"more\n")
        writer.flush()

    assert log.read_bytes() == b"more\n"
    assert (tmp_path / "p.log.1").read_bytes() == b"x" * 100
    assert not logs.rotate(log, 99)
