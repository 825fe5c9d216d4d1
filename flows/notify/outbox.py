"""Which rows of the feed become messages, to whom and when; what waits, through a restart.

Each trouble is told once and so is its end: one that ends before it was told (in quiet hours, or
right after the one before) is told neither way. Events in such hours are not told at all.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass

from edge.clock import Clock
from edge.home import Home
from flows.database import Database
from flows.feed import ENDS, Feed, Kind, Told
from flows.notify.send import digest_of
from flows.notify.settings import NotifySettings
from flows.notify.words import subject
from flows.settings import FlowSettings

# What is older says how it was: a message that could not be sent is given up, one that comes to
# light is not sent.
LATELY_MS = 3_600_000
PAUSES_MS = (5_000, 15_000, 60_000, 300_000)
QUIET_STEP_MS = 60_000
MOST_WAITING = 1_000

_DOWN = {down: about for about, (down, _) in ENDS.items()}
_BACK = {back: down for down, back in ENDS.values()}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS reached (seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL,
    address TEXT NOT NULL, told TEXT NOT NULL, first_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS lately (
    kind TEXT NOT NULL, name TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (kind, name)
);
CREATE TABLE IF NOT EXISTS counted (
    sent INTEGER NOT NULL, failed INTEGER NOT NULL, trouble TEXT, trouble_ms INTEGER
);
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message to one address, by the address's digest; `first_ms` is when it was first due."""

    number: int
    address: str
    told: Told
    first_ms: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How sending fares; `trouble` is what failed last, and is "" once something was sent since."""

    sent: int
    failed: int
    waiting: int
    trouble: str
    trouble_ms: int | None


class Outbox:
    """One home's. One thread fills and empties it; others may ask how it fares."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._database, self._clock = Database(home.gateway / "notify.db", _SCHEMA), clock

    def fill(self, feed: Feed, settings: FlowSettings) -> int:
        """Take what is new in the feed; how many rows. The first time ever: nothing of before."""
        with self._database.reading() as outbox:
            row = outbox.execute("SELECT seq FROM reached").fetchone()
            if row is not None and row["seq"] == feed.last():
                return 0  # as nearly always: without a lock
        with self._database.writing() as outbox:
            reached = self._reached(outbox, feed)
            found = feed.following(reached)
            for told in found:
                self._take(outbox, told, settings)
            if found:
                outbox.execute("UPDATE reached SET seq = ?", (found[-1].seq,))
        return len(found)

    def due(self) -> list[Waiting]:
        """What is to be sent now: of one address and subject the first alone."""
        asked = (
            "SELECT * FROM outbox AS o WHERE due_ms <= ? AND NOT EXISTS ("
            " SELECT 1 FROM outbox AS p WHERE p.address = o.address AND p.name = o.name"
            " AND p.number < o.number) ORDER BY number"
        )
        with self._database.reading() as outbox:
            return [_waiting(row) for row in outbox.execute(asked, (self._clock.utc_ms(),))]

    def sent(self, one: Waiting) -> None:
        """It is told."""
        with self._database.writing() as outbox:
            self._gone(outbox, one)
            self._lately(outbox, one.told)
            outbox.execute("UPDATE counted SET sent = sent + 1, trouble = NULL")

    def failed(self, one: Waiting, why: str, *, again: bool = True) -> None:
        """It could not be sent; it is tried again for an hour."""
        now_ms = self._clock.utc_ms()
        pause_ms = PAUSES_MS[min(one.attempts, len(PAUSES_MS) - 1)]
        with self._database.writing() as outbox:
            outbox.execute("UPDATE counted SET trouble = ?, trouble_ms = ?", (why[:300], now_ms))
            if again and now_ms + pause_ms - one.first_ms < LATELY_MS:
                later = (now_ms + pause_ms, one.number)
                outbox.execute(
                    "UPDATE outbox SET attempts = attempts + 1, due_ms = ? WHERE number = ?", later
                )
                return
            self._gone(outbox, one)
            outbox.execute("UPDATE counted SET failed = failed + 1")

    def drop(self, one: Waiting) -> None:
        """Its address is none of the site's any more."""
        with self._database.writing() as outbox:
            self._gone(outbox, one)

    def counted(self) -> Counted:
        """How sending fares."""
        with self._database.reading() as outbox:
            row = outbox.execute("SELECT * FROM counted").fetchone()
            waiting = outbox.execute("SELECT count(*) FROM outbox").fetchone()[0]
        if row is None:
            return Counted(0, 0, waiting, "", None)
        trouble = row["trouble"] or ""
        return Counted(row["sent"], row["failed"], waiting, trouble, row["trouble_ms"])

    def _reached(self, outbox: sqlite3.Connection, feed: Feed) -> int:
        row, last = outbox.execute("SELECT seq FROM reached").fetchone(), feed.last()
        if row is None:
            outbox.execute("INSERT INTO reached VALUES (?)", (last,))
            outbox.execute("INSERT INTO counted VALUES (0, 0, NULL, NULL)")
            return last
        # A feed that was lost begins anew.
        reached = min(int(row["seq"]), last)
        outbox.execute("UPDATE reached SET seq = ?", (reached,))
        return reached

    def _take(self, outbox: sqlite3.Connection, told: Told, settings: FlowSettings) -> None:
        now_ms, chosen = self._clock.utc_ms(), _settings(told, settings)
        if chosen is None or not chosen.urls or now_ms - told.at_ms > LATELY_MS:
            return
        name = subject(told)
        if told.kind in _BACK and self._ends(outbox, _BACK[told.kind], name):
            return
        due_ms = self._when(outbox, told, chosen, name)
        if due_ms is None:
            return
        if due_ms == now_ms:  # what is held may never be told
            self._lately(outbox, told)
        row = json.dumps(asdict(told))
        for url in chosen.urls:
            values = (told.kind, name, digest_of(url), row, due_ms, due_ms)
            outbox.execute(
                "INSERT INTO outbox (kind, name, address, told, first_ms, due_ms)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
        # The oldest give way where a flood cannot be sent.
        outbox.execute(
            "DELETE FROM outbox WHERE number <= (SELECT max(number) FROM outbox) - ?",
            (MOST_WAITING,),
        )

    def _when(
        self, outbox: sqlite3.Connection, told: Told, chosen: NotifySettings, name: str
    ) -> int | None:
        """When a message may go: now, when quiet hours and cooldown are over, or never."""
        now_ms = self._clock.utc_ms()
        row = outbox.execute(
            "SELECT at_ms FROM lately WHERE kind = ? AND name = ?", (told.kind, name)
        ).fetchone()
        due_ms = now_ms
        if row is not None and told.kind not in _BACK:
            due_ms = max(now_ms, row["at_ms"] + chosen.cooldown)
        while chosen.is_quiet(due_ms):  # a day has 1,440 steps
            due_ms += QUIET_STEP_MS - due_ms % QUIET_STEP_MS
        return None if told.kind is Kind.EVENT and due_ms > now_ms else due_ms

    def _ends(self, outbox: sqlite3.Connection, down: Kind, name: str) -> bool:
        """Whether the trouble that is over was not told to anybody yet; then it never is."""
        held = outbox.execute(
            "DELETE FROM outbox WHERE kind = ? AND name = ? AND attempts = 0 AND due_ms > ?",
            (down, name, self._clock.utc_ms()),
        )
        return bool(held.rowcount)

    def _lately(self, outbox: sqlite3.Connection, told: Told) -> None:
        """From now on its cooldown runs."""
        row = (told.kind, subject(told), self._clock.utc_ms())
        outbox.execute("INSERT OR REPLACE INTO lately VALUES (?, ?, ?)", row)

    def _gone(self, outbox: sqlite3.Connection, one: Waiting) -> None:
        outbox.execute("DELETE FROM outbox WHERE number = ?", (one.number,))


def _settings(told: Told, settings: FlowSettings) -> NotifySettings | None:
    """Whose addresses hear of a row; None where it is worth no message."""
    if told.kind is Kind.EVENT:
        found = settings.notify_for(told.cameras[0])
        return found if told.facts.get("label") in found.labels else None
    if told.kind not in _DOWN and told.kind not in _BACK:
        return None
    of_camera = told.kind in (Kind.CAMERA_DOWN, Kind.CAMERA_BACK)
    return settings.notify_for(told.cameras[0]) if of_camera else settings.notify


def _waiting(row: sqlite3.Row) -> Waiting:
    values = json.loads(row["told"])
    told = Told(**{**values, "kind": Kind(values["kind"]), "cameras": tuple(values["cameras"])})
    return Waiting(row["number"], row["address"], told, row["first_ms"], row["attempts"])
