"""The feed: what happened at a site, in the order it became known, each thing told once.

A file of the hub's own (`gateway/feed.db`), bounded; footage and catalogue know nothing of it.
Whoever may see some cameras only is told as if the others were not there.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from edge.clock import Clock, to_iso
from edge.home import Home
from flows.database import Database

MOST_ROWS = 20_000
MOST_MS = 14 * 86_400_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS feed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL, node TEXT NOT NULL, cameras TEXT NOT NULL, facts TEXT NOT NULL,
    once TEXT UNIQUE
);
CREATE TABLE IF NOT EXISTS trouble (
    about TEXT NOT NULL, name TEXT NOT NULL, since_ms INTEGER NOT NULL,
    PRIMARY KEY (about, name)
);
CREATE INDEX IF NOT EXISTS feed_by_kind ON feed (kind, cameras);
CREATE TABLE IF NOT EXISTS totals (
    kind TEXT NOT NULL, cameras TEXT NOT NULL, label TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (kind, cameras, label)
);
CREATE TABLE IF NOT EXISTS began (at_ms INTEGER NOT NULL);
"""
_COUNT = """
INSERT INTO totals VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1
"""
# A fold that knows more may move an event's ends a little.
_LOOSE_MS = 2_000
_COLUMNS = "seq, id, at_ms, kind, node, cameras, facts"
_OVERLAPS = """
SELECT 1 FROM feed WHERE kind = 'event' AND cameras = ? AND json_extract(facts, '$.label') = ?
    AND json_extract(facts, '$.start') < ? AND json_extract(facts, '$.end') > ?
"""


class Kind(StrEnum):
    """What a row tells of."""

    EVENT = "event"  # somebody or something was seen
    CAMERA_DOWN = "camera_down"
    CAMERA_BACK = "camera_back"
    NODE_DOWN = "node_down"
    NODE_BACK = "node_back"
    STORE_DOWN = "store_down"
    STORE_BACK = "store_back"
    DISK_LOW = "disk_low"
    DISK_BACK = "disk_back"
    FLOW_FAILED = "flow_failed"
    FLOW_BACK = "flow_back"
    EXPORT_DONE = "export_done"
    EXPORT_FAILED = "export_failed"


class About(StrEnum):
    """What may be in trouble, and out of it again."""

    CAMERA = "camera"
    NODE = "node"
    STORE = "store"
    DISK = "disk"
    FLOW = "flow"


ENDS: Mapping[About, tuple[Kind, Kind]] = {
    About.CAMERA: (Kind.CAMERA_DOWN, Kind.CAMERA_BACK),
    About.NODE: (Kind.NODE_DOWN, Kind.NODE_BACK),
    About.STORE: (Kind.STORE_DOWN, Kind.STORE_BACK),
    About.DISK: (Kind.DISK_LOW, Kind.DISK_BACK),
    About.FLOW: (Kind.FLOW_FAILED, Kind.FLOW_BACK),
}
_OF_NODES = frozenset({Kind.NODE_DOWN, Kind.NODE_BACK, Kind.DISK_LOW, Kind.DISK_BACK})


@dataclass(frozen=True, slots=True)
class Told:
    """One row. `cameras` are those it is about, a node's all; none for what is the whole site's.

    `id` is random: numbers would tell how much there is that one may not see.
    """

    seq: int
    id: str
    at_ms: int
    kind: Kind
    node: str
    cameras: tuple[str, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def is_for(self, only: Collection[str] | None) -> bool:
        """Whether it is told to whoever may see these cameras (None: all)."""
        if only is None:
            return True
        enough = any if self.kind in _OF_NODES else all
        return bool(self.cameras) and enough(camera in only for camera in self.cameras)

    @property
    def message(self) -> dict[str, Any]:
        """As JSON tells it."""
        told = {"id": self.id, "time": to_iso(self.at_ms), "kind": self.kind.value}
        node = {"node": self.node} if self.node else {}
        if self.kind in _OF_NODES:
            cameras: dict[str, Any] = {}
        elif len(self.cameras) == 1:
            cameras = {"camera": self.cameras[0]}
        else:
            cameras = {"cameras": list(self.cameras)} if self.cameras else {}
        return {**told, **node, **cameras, **self.facts}


class Feed:
    """One home's feed; threads and processes may share it."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._database, self._clock = Database(home.gateway / "feed.db", _SCHEMA), clock

    def tell(
        self,
        kind: Kind,
        cameras: Collection[str] = (),
        *,
        node: str = "",
        once: str | None = None,
        **facts: Any,
    ) -> bool:
        """Add a row; False where `once` was told before. Raises Retryable."""
        with self._database.writing() as feed:
            return self._add(feed, kind, cameras, node, once, facts)

    def saw(self, camera: str, label: str, start_ms: int, end_ms: int, **facts: Any) -> bool:
        """Tell of an event, unless one of that camera and label was told that overlaps it.

        Folds tell events anew, with other ends and other ids, whenever they learn more.
        """
        early, late = to_iso(max(start_ms - _LOOSE_MS, 0)), to_iso(end_ms + _LOOSE_MS)
        told = {"label": label, "start": to_iso(start_ms), "end": to_iso(end_ms), **facts}
        with self._database.writing() as feed:
            found = feed.execute(_OVERLAPS, (_json([camera]), label, late, early)).fetchone()
            return found is None and self._add(feed, Kind.EVENT, [camera], "", None, told)

    @property
    def began_ms(self) -> int:
        """When this feed was first asked: what was before is no news."""
        with self._database.writing() as feed:
            if feed.execute("SELECT 1 FROM began").fetchone() is None:
                feed.execute("INSERT INTO began VALUES (?)", (self._clock.utc_ms(),))
            return int(feed.execute("SELECT at_ms FROM began").fetchone()["at_ms"])

    def judge(
        self,
        about: About,
        name: str,
        trouble: str | None,
        cameras: Collection[str] = (),
        *,
        node: str = "",
    ) -> Kind | None:
        """Say how something is; what was told, which is its trouble once, and its end once."""
        if (name in self.troubled(about)) == (trouble is not None):
            return None  # as nearly always: without a lock
        down, back = ENDS[about]
        with self._database.writing() as feed:
            asked = "SELECT since_ms FROM trouble WHERE about = ? AND name = ?"
            had = feed.execute(asked, (about, name)).fetchone()
            if (had is not None) == (trouble is not None):
                return None
            named = {} if about in (About.CAMERA, About.NODE) else {about.value: name}
            if had is None:
                row = (about, name, self._clock.utc_ms())
                feed.execute("INSERT INTO trouble VALUES (?, ?, ?)", row)
                self._add(feed, down, cameras, node, None, {**named, "reason": trouble})
                return down
            feed.execute("DELETE FROM trouble WHERE about = ? AND name = ?", (about, name))
            facts = {**named, "since": to_iso(had["since_ms"])}
            self._add(feed, back, cameras, node, None, facts)
            return back

    def troubled(self, about: About) -> dict[str, int]:
        """What is in trouble, and since when (UTC ms)."""
        with self._database.reading() as feed:
            asked = "SELECT name, since_ms FROM trouble WHERE about = ? ORDER BY name"
            return dict(map(tuple, feed.execute(asked, (about,))))

    def drop(self, about: About, name: str) -> None:
        """Forget the trouble of what the site has no more, without a word."""
        with self._database.writing() as feed:
            feed.execute("DELETE FROM trouble WHERE about = ? AND name = ?", (about, name))

    def after(
        self, cursor: str | None, only: Collection[str] | None = None, limit: int = 100
    ) -> list[Told]:
        """The rows after one, oldest first; after none or one that is gone, the oldest there are.

        So whoever comes back with the last `id` that they heard misses nothing that is kept.
        """
        with self._database.reading() as feed:
            found = []
            for told in _rows(feed, _seq(feed, cursor)):
                if told.is_for(only):
                    found.append(told)
                    if len(found) == limit:
                        break
            return found

    def newest(self, only: Collection[str] | None = None) -> str:
        """The id of the last row; "" where there is none."""
        with self._database.reading() as feed:
            rows = feed.execute(f"SELECT {_COLUMNS} FROM feed ORDER BY seq DESC")  # noqa: S608
            return next((told.id for told in map(_told, rows) if told.is_for(only)), "")

    def following(self, seq: int, limit: int = 100) -> list[Told]:
        """The rows after a number, for those of the hub who may see all."""
        with self._database.reading() as feed:
            return [told for told, _ in zip(_rows(feed, seq), range(limit), strict=False)]

    def last(self) -> int:
        """The number of the last row that ever was; 0 before the first."""
        with self._database.reading() as feed:
            asked = "SELECT seq FROM sqlite_sequence WHERE name = 'feed'"
            found = feed.execute(asked).fetchone()
            return int(found["seq"]) if found else 0

    def totals(self) -> list[tuple[Kind, tuple[str, ...], str, int]]:
        """How many rows there ever were: kind, cameras, label or "", number."""
        asked = "SELECT kind, cameras, label, count FROM totals ORDER BY kind, cameras, label"
        with self._database.reading() as feed:
            rows = feed.execute(asked).fetchall()
        return [(Kind(k), tuple(json.loads(c)), label, count) for k, c, label, count in rows]

    def _add(
        self,
        feed: sqlite3.Connection,
        kind: Kind,
        cameras: Collection[str],
        node: str,
        once: str | None,
        facts: Mapping[str, Any],
    ) -> bool:
        now_ms = self._clock.utc_ms()
        row = (secrets.token_hex(8), now_ms, kind, node, _json(list(cameras)), _json(facts), once)
        made = feed.execute(
            "INSERT OR IGNORE INTO feed (id, at_ms, kind, node, cameras, facts, once)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        if not made.rowcount:
            return False
        total = (kind, _json(list(cameras)), str(facts.get("label", "")))
        feed.execute(_COUNT, total)
        old = (made.lastrowid, MOST_ROWS, now_ms - MOST_MS)
        feed.execute("DELETE FROM feed WHERE seq <= ? - ? OR at_ms < ?", old)
        return True


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _seq(feed: sqlite3.Connection, cursor: str | None) -> int:
    found = feed.execute("SELECT seq FROM feed WHERE id = ?", (cursor or "",)).fetchone()
    return int(found["seq"]) if found else 0


def _rows(feed: sqlite3.Connection, after: int) -> Iterator[Told]:
    asked = f"SELECT {_COLUMNS} FROM feed WHERE seq > ? ORDER BY seq"  # noqa: S608
    return map(_told, feed.execute(asked, (after,)))


def _told(row: sqlite3.Row) -> Told:
    cameras, facts = json.loads(row["cameras"]), json.loads(row["facts"])
    kind = Kind(row["kind"])
    return Told(row["seq"], row["id"], row["at_ms"], kind, row["node"], tuple(cameras), facts)
