"""A node's heartbeats: every few seconds to its gateway, which may be away for as long as it likes.

Nothing here stands in the way of a recorder: it reads what recorders leave in files, with one
request at a time, and gives up a gateway that does not answer in seconds.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge import report
from edge.clock import Clock
from edge.errors import LivecamError, Retryable
from edge.home import Home
from edge.modes.pause import pause, resume
from edge.serving import following, token
from edge.serving.beat import EVERY_S, Answer, Applied, Beat, Order
from edge.spool import Spool

log = logging.getLogger(__name__)

URL, KEY = "LIVECAM_GATEWAY_URL", "LIVECAM_GATEWAY_KEY"
TIMEOUT_S = 4.0
LONGEST_PAUSE_S = 30.0
MOST_BYTES = 4 << 20  # of an answer
DEPTH_EVERY_MS = 30_000  # a backlog's every file is looked at


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where a node's gateway is, and the node's key to it."""

    url: str
    key: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str] = os.environ) -> Gateway | None:
        """As whoever started us says; taken out of the environment, where children would see it."""
        url, key = environment.pop(URL, ""), environment.pop(KEY, "")
        return cls(url.rstrip("/"), key) if url and key else None

    def ask(self, path: str, body: bytes | None = None) -> Any:
        """JSON of an answer. Raises Retryable for whatever else comes."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        asked = urllib.request.Request(f"{self.url}/api/v1{path}", body, headers)  # noqa: S310
        try:
            with _opener().open(asked, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read(MOST_BYTES))
        except urllib.error.HTTPError as error:
            raise Retryable(f"the gateway answers {error.code}") from None
        except (OSError, HTTPException, ValueError):
            raise Retryable("the gateway does not answer") from None


def _version() -> str:
    try:
        return version("livecam")
    except PackageNotFoundError:
        return "unknown"


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a key is for the gateway alone."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), _Straight())


# Makes the hub's configuration this node's: asked after each beat, never raises.
Follow = Callable[[Answer], Applied]


class Heart:
    """Beats for one node. `follow` takes over what is new."""

    def __init__(
        self,
        home: Home,
        node: str,
        clock: Clock,
        gateway: Gateway,
        port: int | None,
        follow: Follow,
    ) -> None:
        self._home, self._node, self._clock, self._gateway = home, node, clock, gateway
        self._port, self._follow = port, follow
        self._version = _version()
        self._applied = Applied()
        self._waiting, self._weighed_ms = (0, 0), -DEPTH_EVERY_MS
        self._failures = 0

    def run(self, stop: threading.Event) -> None:
        """Beat until `stop` is set."""
        while not stop.wait(self.pause_s):
            self.beat()

    @property
    def pause_s(self) -> float:
        """How long to wait before the next beat: longer while the gateway is away."""
        doubled: int = 1 << min(max(self._failures - 2, 0), 8)
        return min(EVERY_S * doubled, LONGEST_PAUSE_S)

    def beat(self) -> bool:
        """Tell once, and do what is asked for; whether the gateway heard."""
        try:
            said = self._gateway.ask(
                f"/nodes/{self._node}/heartbeat", self._told().model_dump_json().encode()
            )
            answer = Answer.model_validate(said)
            token.keep(self._home, self._node, answer.token)
            for order in answer.orders:
                self._carry_out(order)
            self._applied = self._follow(answer)
        except (LivecamError, ValidationError, OSError) as error:
            self._fail(error)
            return False
        if self._failures > 1:
            log.info("%s: the gateway hears again", self._node)
        self._failures = 0
        return True

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        if self._failures == 2:  # one may be a restart
            what = "answers what is none" if isinstance(error, ValidationError) else error
            log.warning("%s: the gateway is not told how this node is: %s", self._node, what)

    def _told(self) -> Beat:
        now_ms = self._clock.utc_ms()
        found = report.read(self._home.recorder, now_ms).get(self._node)
        segments, size_bytes = self._weighed(set(found.cameras) if found else None)
        applied = self._applied
        if found is not None and found.trouble and not applied.trouble:
            applied = applied.model_copy(update={"trouble": found.trouble[:300]})
        return Beat(
            version=self._version,
            at_ms=now_ms,
            health=found.health if found else None,
            cameras=found.cameras if found else {},
            room_bytes=found.room_bytes if found else None,
            segments=segments,
            bytes=size_bytes,
            config=applied,
            port=self._port,
            order=self._last_order(),
        )

    def _weighed(self, cameras: set[str] | None) -> tuple[int, int]:
        """Segments that wait of this node's cameras, and their bytes; of all where none records."""
        now_ms = self._clock.monotonic_ms()
        if now_ms - self._weighed_ms >= DEPTH_EVERY_MS and (self._home.spool / "sealed").is_dir():
            self._weighed_ms = now_ms
            depth = Spool(self._home.spool, self._node, self._clock).depth().cameras
            own = [one for name, one in depth.items() if cameras is None or name in cameras]
            self._waiting = sum(one.segments for one in own), sum(one.bytes for one in own)
        return self._waiting

    @property
    def _orders(self) -> Path:
        return self._home.recorder / f"{self._node}.order"

    def _last_order(self) -> int:
        try:
            return max(int(self._orders.read_text()), 0)
        except (OSError, ValueError):
            return 0

    def _carry_out(self, order: Order) -> None:
        if order.number <= self._last_order():
            return
        folder = self._home.recorder
        if order.paused:
            pause(folder, order.camera, self._clock.utc_ms())
        else:
            resume(folder, order.camera)
        log.info("%s: %s by order", order.camera, "paused" if order.paused else "resumed")
        folder.mkdir(parents=True, exist_ok=True)
        self._orders.write_text(str(order.number))


@contextmanager
def beating(home: Home, node: str, clock: Clock, port: int, apply: str) -> Iterator[None]:
    """Beat in a thread while the body runs, where the environment names a gateway.

    `apply` names the module that checks and applies a configuration, "" where this machine's file
    is the hub's own.
    """
    gateway = Gateway.from_environment()
    if gateway is None:
        yield
        return
    follow = following.follow(node, gateway.ask, apply)
    stop = threading.Event()
    heart = Heart(home, node, clock, gateway, port, follow)
    thread = threading.Thread(target=heart.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
