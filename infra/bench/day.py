"""day: how long the analysis of a day of twenty cameras takes on this machine.

A quarter of an hour of it is analysed as in real life, by the stage `analyse`, from a store and
into tables that hold the rest of the day, and is multiplied: its segments wait among a day's, and
each commit and each fold is into a day's rows. Four minutes of five are quiet. Once it is known
from the receipts which (`day-known`), once it is not, as of imported footage (`day-unknown`).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.home import Home
from edge.segment import Origin
from flows.catalogue import facts, journal
from flows.catalogue.fold import fold
from flows.catalogue.journal import Kind
from flows.settings import FlowSettings
from flows.site import Site, open_site
from flows.stages.analyse import analyse
from flows.stages.chosen import Detectors
from flows.store import FOOTAGE
from flows.store.folder import FolderStore
from infra.bench import Goal, Row
from infra.bench.day_footage import QUIET, Piece, pieces
from infra.bench.day_tables import A_DAY, CAMERAS, Slot, hold, slots

# Of the day's last, for each camera: what is analysed.
PART = 30
GOAL = Goal(60, "ours")


def rows(folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """Minutes for the day, with what was analysed and what is assumed."""
    say("drawing minutes of visits, cars, bottles and an empty room")
    made = pieces(folder)
    say(f"writing the rows of {CAMERAS} cameras' day")
    held = folder / "held"
    site = _site(held)
    FolderStore(site.home.store).prepare()
    part = [one for one in slots() if one.number >= A_DAY - PART]
    hold(site, made, [one for one in slots() if one.number < A_DAY - PART])
    for name, known in (("day-known", True), ("day-unknown", False)):
        say(f"analysing {len(part)} segments, {name.removeprefix('day-')} which are quiet")
        home = folder / name
        shutil.copytree(held, home)
        yield measured(name, _site(home), made, part, known=known)
        shutil.rmtree(home)


def _site(root: Path) -> Site:
    return open_site(FlowSettings(nodes=("local",)), Home(root))


def measured(name: str, site: Site, made: list[Piece], part: list[Slot], *, known: bool) -> Row:
    """Minutes for the day, from those that these of its segments take."""
    _arrive(site, made, part, known=known)
    detectors = Detectors(site)
    began_s, cpu_s = time.perf_counter(), time.process_time()
    done = analyse(site, "bench", detectors=detectors).segments
    took_s, used_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    if done != len(part):
        raise AssertionError(f"{done} segments of {len(part)} were analysed")
    times = CAMERAS * A_DAY / len(part)
    more = {
        "analysed_camera_minutes": len(part) // 2,
        "analysed_wall_s": took_s,
        "analysed_cpu_s": used_s,
        "cpu_minutes": times * used_s / 60,
        "assumed": f"the other {times - 1:.0f} parts of the day take as long as this one",
        "footage": made[0].of,
        "model": str(detectors),
    }
    return Row(name, times * took_s / 60, None, None, "minutes", GOAL, more)


def _arrive(site: Site, made: list[Piece], part: list[Slot], *, known: bool) -> None:
    """Store a part's segments, and tell the tables of them."""
    told = []
    for slot in part:
        piece = made[slot.piece]
        quiet = "0" if piece.kind == QUIET else "z"
        seconds = piece.segment.wall_ms // 1_000
        origin = Origin.RECORDED if known else Origin.IMPORTED
        update = {"origin": origin, "activity": seconds * quiet if known else ""}
        segment = slot.segment(piece).model_copy(update=update)
        site.store.create(FOOTAGE, segment.key, piece.path, sha256=segment.sha256)
        told.append(facts.stored(segment, version_id="", received_ms=segment.end_ms))
    journal.write(site.store, Kind.SEGMENTS, told, site.clock.utc_ms())
    fold(site)
