"""What every node told last, what it is still to do, and where its pictures are served."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import ValidationError

from edge.clock import Clock
from edge.home import Home
from edge.serving import token
from edge.serving.beat import DOWN_AFTER_MS, Beat, Order
from flows.database import Database

# A beat comes every 5 s and the next makes the one before worthless: no fsync for each.
_SCHEMA = """
PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS nodes (
    name TEXT PRIMARY KEY, heard_ms INTEGER NOT NULL, host TEXT NOT NULL, beat TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL,
    camera TEXT NOT NULL, paused INTEGER NOT NULL
);
"""

# Numbers begin at the time: of a file that was lost, a node may have carried out high ones.
_ORDER = """
INSERT INTO orders VALUES (
    max(?, 1 + coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'orders'), 0)), ?, ?, ?
)
"""


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """Where a node serves its cameras' pictures, and the word to show there."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """A node's last heartbeat, by the gateway's clock; `host` is where it came from."""

    node: str
    heard_ms: int
    host: str
    beat: Beat

    def age_ms(self, now_ms: int) -> int:
        return max(now_ms - self.heard_ms, 0)

    @property
    def url(self) -> str | None:
        """Where it serves pictures: the host its heartbeats come from, and the port it says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.beat.port}" if self.beat.port else None

    def is_down(self, now_ms: int) -> bool:
        """Whether it has been silent for 15 s."""
        return self.age_ms(now_ms) > DOWN_AFTER_MS


class NodeBook:
    """The file is shared by all of the gateway's threads; cheap to make."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock
        self._database = Database(home.gateway / "nodes.db", _SCHEMA)

    def take(self, node: str, beat: Beat, host: str) -> tuple[Order, ...]:
        """Write a heartbeat down; what the node is to do. Carried out orders are forgotten."""
        row = (node, self._clock.utc_ms(), host, beat.model_dump_json())
        with self._database.writing() as database:
            database.execute("INSERT OR REPLACE INTO nodes VALUES (?, ?, ?, ?)", row)
            done = (node, beat.order)
            database.execute("DELETE FROM orders WHERE node = ? AND number <= ?", done)
            asked = "SELECT number, camera, paused FROM orders WHERE node = ? ORDER BY number"
            found = database.execute(asked, (node,)).fetchall()
        return tuple(Order(number=n, camera=c, paused=bool(p)) for n, c, p in found)

    def order(self, node: str, camera: str, *, paused: bool) -> None:
        """Have a node record a camera no more, or again, when it is heard next."""
        with self._database.writing() as database:
            database.execute("DELETE FROM orders WHERE node = ? AND camera = ?", (node, camera))
            database.execute(_ORDER, (self._clock.utc_ms(), node, camera, paused))

    def heard(self) -> dict[str, Heard]:
        """Every node that was ever heard of, by name."""
        with self._database.reading() as database:
            rows = database.execute("SELECT * FROM nodes ORDER BY name").fetchall()
        found = (_heard(*row) for row in rows)
        return {one.node: one for one in found if one is not None}

    def forget(self, node: str) -> None:
        """Of a node that the site has no more."""
        with self._database.writing() as database:
            database.execute("DELETE FROM nodes WHERE name = ?", (node,))
            database.execute("DELETE FROM orders WHERE node = ?", (node,))

    def address(self, node: str) -> NodeAddress | None:
        """Where a node serves; None where it does not, or was not heard for 15 s."""
        one = self.heard().get(node)
        if one is None or one.url is None or one.is_down(self._clock.utc_ms()):
            return None
        return NodeAddress(one.url, token.make(self._home, node))


def _heard(node: str, heard_ms: int, host: str, beat: str) -> Heard | None:
    try:
        return Heard(node, heard_ms, host, Beat.model_validate_json(beat))
    except ValidationError:  # of another version of the gateway
        return None
