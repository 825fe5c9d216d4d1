"""Makes the feed of what can be seen: nodes' heartbeats, the catalogue, the store, flows, exports.

Two threads look, however many listen: one at what is on this machine, one at what may keep it
waiting.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboards import state
from dashboards.access.visitor import Role, Visitor
from dashboards.exports.book import FILE as EXPORTS_FILE
from dashboards.exports.book import Book, Export, State
from dashboards.nodes.desk import Desk
from dashboards.nodes.fares import Judged, judged, scarce
from dashboards.nodes.patience import Patience
from dashboards.spools import spools
from edge.clock import to_ms
from edge.errors import LivecamError
from edge.settings import find_file
from edge.watched import WatchedFile
from flows.catalogue import read
from flows.catalogue.opened import opened
from flows.catalogue.schema import EVENTS
from flows.config_file import file as config_file
from flows.feed import About, Kind
from flows.runs import Runs
from flows.site import Following, Site

log = logging.getLogger(__name__)

EVERY_S = 2.0
# Events of before are history: an import's, a backfill's.
LATELY_MS = 86_400_000
STORE_EVERY_MS, FLOWS_EVERY_MS, LATE_EVERY_MS = 5_000, 15_000, 30_000
FAILED = frozenset({"Failed", "Crashed", "TimedOut"})
ENDED = FAILED | {"Completed"}
_COLUMNS = ("id", "camera", "label", "start_utc", "end_utc", "score", "count", "zones")
_ALL = Visitor("", Role.ADMIN)


class Watch:
    """One gateway's. `quick` and `slow` are to be called every two seconds, each by one thread."""

    def __init__(self, following: Following, desk: Desk, path: Path | None = None) -> None:
        self._following, self._desk, self._path = following, desk, path
        self._file = WatchedFile(path) if path else None
        self._since_ms, self._began_ms = desk.clock.utc_ms(), desk.feed.began_ms
        self._patience, self._slow_patience = Patience(), Patience()
        self._files: frozenset[str] | None = None
        self._handled: dict[str, int] = {}
        self._due_ms: dict[str, int] = {}
        self._rung, self._unkept = -1, True

    def quick(self) -> None:
        """Nodes, cameras, rooms, exports, the configuration; rings for what is new."""
        site, feed, now_ms = self._following.now, self._desk.feed, self._desk.clock.utc_ms()
        self._keep_version()
        low = feed.troubled(About.DISK)
        found = judged(site.settings, self._desk.book.heard(), low, self._since_ms, now_ms)
        for one in (*found, *self._room(site, STORE_DISK in low)):
            if not self._patience.waits(one.about, one.name, one.trouble, now_ms):
                self._judge(one)
        self._forget(site)
        self._exports(site)
        self.ring()

    def slow(self) -> None:
        """Events, the store, flows: whatever another machine may keep waiting."""
        site = self._following.now
        if self._is_due("store", STORE_EVERY_MS):
            self._store(site)
        if self._is_due("flows", FLOWS_EVERY_MS):
            self._flows(site)
        self._events(site)
        if self._is_due("late", LATE_EVERY_MS):
            self._late(site)
        self.ring()

    def ring(self) -> None:
        """Wake those who listen, where something was told; by whatever process."""
        last = self._desk.feed.last()
        if last != self._rung:
            self._rung = last
            self._desk.bell.ring()

    def _judge(self, one: Judged) -> None:
        self._desk.feed.judge(one.about, one.name, one.trouble, one.cameras, node=one.node)

    def _keep_version(self) -> None:
        if self._path is None or self._file is None:
            return
        self._unkept |= self._file.changed()
        if self._unkept:
            config_file.current(self._desk.home, self._path)
            self._unkept = False

    def _room(self, site: Site, told: bool) -> list[Judged]:
        try:
            room = state.room(site, [])
        except OSError:  # there is no store yet
            return []
        if room is None:
            return []
        trouble = scarce(room.free_bytes, room.total_bytes, told)
        return [Judged(About.DISK, STORE_DISK, trouble, ())]

    def _forget(self, site: Site) -> None:
        """Of cameras and nodes that the site has no more."""
        nodes = (*site.settings.nodes, STORE_DISK)
        known = {About.CAMERA: site.settings.camera_nodes, About.NODE: nodes, About.DISK: nodes}
        for about, names in known.items():
            for name in self._desk.feed.troubled(about):
                if name not in names:
                    self._desk.feed.drop(about, name)

    def _exports(self, site: Site) -> None:
        if not (site.home.gateway / EXPORTS_FILE).exists():
            return
        for one in Book(site.home, site.clock).newest(_ALL, 50):
            if one.made_ms >= self._began_ms and one.state in (State.DONE, State.FAILED):
                self._export(one)

    def _export(self, one: Export) -> None:
        failed = one.state is State.FAILED
        kind = Kind.EXPORT_FAILED if failed else Kind.EXPORT_DONE
        reason = {"reason": one.error} if failed and one.error else {}
        facts = {"export": one.id, "name": one.name, **reason}
        self._desk.feed.tell(kind, one.cameras, once=f"{kind}/{one.id}", **facts)

    def _store(self, site: Site) -> None:
        found = state.store_error(site)
        trouble, now_ms = None if found is None else found.message, self._desk.clock.utc_ms()
        if not self._slow_patience.waits(About.STORE, "store", trouble, now_ms):
            self._judge(Judged(About.STORE, "store", trouble, ()))

    def _flows(self, site: Site) -> None:
        """Of each deployment by its newest run that has ended; nothing where nobody answers."""
        try:
            runs = Runs.of(site.settings, site.home).last_runs(50)
        except LivecamError:  # the page Health tells
            return
        seen: set[str] = set()
        for run in runs:
            name = run.deployment or run.flow
            if name not in seen and run.state in ENDED:
                seen.add(name)
                trouble = (run.message or run.state)[:300] if run.state in FAILED else None
                self._judge(Judged(About.FLOW, name, trouble, ()))

    def _late(self, site: Site) -> None:
        """Cameras of nodes that do not beat: by what reaches the store."""
        heard = self._desk.book.heard()
        silent = {c for c, node in site.settings.camera_nodes.items() if node not in heard}
        if not silent:
            return
        for one in state.cameras(site, spools(site)):
            if one.name in silent and one.newest_ms is not None:
                trouble = "nothing new of it reaches the store" if one.is_late else None
                node = site.settings.camera_nodes[one.name]
                self._judge(Judged(About.CAMERA, one.name, trouble, (one.name,), node))

    def _events(self, site: Site) -> None:
        """Those that the catalogue holds now and did not before."""
        files = opened(site.store, EVENTS).files(site.store)
        uris = frozenset(files["uri"].to_list())
        if uris == self._files:
            return
        start_ms = self._desk.clock.utc_ms() - LATELY_MS
        found = read.events(site, None, start_ms, columns=_COLUMNS)
        handled: dict[str, int] = {}
        for row in found.iter_rows(named=True):
            end_ms = handled[row["id"]] = to_ms(row["end_utc"])
            if end_ms >= self._began_ms and self._handled.get(row["id"]) != end_ms:
                self._saw(row)
        self._files, self._handled = uris, handled

    def _saw(self, row: dict[str, object]) -> None:
        facts = {"event": row["id"], "score": row["score"], "count": row["count"]}
        start_ms, end_ms = (to_ms(row[name]) for name in ("start_utc", "end_utc"))  # type: ignore[arg-type]
        self._desk.feed.saw(
            str(row["camera"]),
            str(row["label"]),
            start_ms,
            end_ms,
            **facts,
            zones=list(row["zones"] or ()),  # type: ignore[call-overload]
            thumbnail=f"/api/v1/events/{row['id']}/thumbnail.jpg",
        )

    def _is_due(self, what: str, every_ms: int) -> bool:
        now_ms = self._desk.clock.monotonic_ms()
        if now_ms < self._due_ms.get(what, now_ms):
            return False
        self._due_ms[what] = now_ms + every_ms
        return True


# The name of the store's disk among those whose room is told; nodes' go by the node's.
STORE_DISK = "store disk"


def _until(stop: threading.Event, look: Callable[[], None]) -> None:
    """Look again and again; what fails for the same reason is told once."""
    said = ""
    while True:
        try:
            look()
            said = ""
        except (LivecamError, OSError) as error:
            if str(error) != said:
                said = str(error)
                log.warning("the feed may lack something: %s", error)
        except Exception:
            log.exception("the feed cannot be made")
        if stop.wait(EVERY_S):
            return


@contextmanager
def watching(following: Following, desk: Desk) -> Iterator[Watch]:
    """Watch in threads while the body runs."""
    watch, stop = Watch(following, desk, find_file()), threading.Event()
    looks = (watch.quick, watch.slow)
    # Daemons: a store that does not answer holds nobody up.
    threads = [threading.Thread(target=_until, args=(stop, look), daemon=True) for look in looks]
    for thread in threads:
        thread.start()
    try:
        yield watch
    finally:
        stop.set()
