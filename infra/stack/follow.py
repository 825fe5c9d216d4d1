"""What a running `up` makes of an edited livecam.yaml.

Recorders, flows and pages read the file themselves. Left for whoever started them: what the
store lets each node write (A1), the recorder of a node that had no camera, and a plain word on
what only a restart takes over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Self

from edge.errors import LivecamError, Retryable
from edge.settings import read_document
from edge.watched import WatchedFile
from flows.config_file import whole as config
from flows.config_file.whole import Config, restarts
from infra.stack.part import Part
from infra.stack.prepare import prepare
from infra.stack.site import Plan
from infra.stack.supervisor import Supervisor

EVERY_S, AGAIN_S = 1.0, 10.0
Tell = Callable[[str], None]


class Follower:
    """`tick` is to be called often; `recorder` makes a node's part, None where none runs here."""

    def __init__(
        self, site: Config, tell: Tell, recorder: Callable[[str], Part] | None, *, hub: bool
    ) -> None:
        assert site.path is not None
        self._site, self._tell, self._recorder, self._hub = site, tell, recorder, hub
        self._nodes = set(site.nodes)  # those that have all their other parts
        self._path, self._file = site.path, WatchedFile(site.path)
        self._due = self._prepare_at = 0.0
        self._owed = False  # the store does not know yet who may write what
        self._said = ""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def tick(self, parts: Supervisor, plan: Plan) -> None:
        """Look at the file once a second, and do what follows."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + EVERY_S
        if self._file.changed():
            self._read(parts)
        busy = self._thread is not None and self._thread.is_alive()
        if self._owed and not busy and now >= self._prepare_at:
            self._owed, self._prepare_at = False, now + AGAIN_S
            own = next((part.address for part in plan.parts if part.name == "minio"), None)
            self._thread = threading.Thread(target=self._prepare, args=(own,))
            self._thread.start()

    def _read(self, parts: Supervisor) -> None:
        try:
            found = config.load(read_document(self._path))
        except LivecamError as error:
            if self._said != str(error):
                self._said = str(error)
                self._tell(f"{self._path} is not taken over: {error}")
            return
        self._said = ""
        for what in restarts(self._site, found):
            self._tell(f"{what}: is another in {self._path}; only a restart of `up` takes it over")
        others = found.flows.camera_nodes != self._site.flows.camera_nodes
        self._owed |= others and self._hub and found.flows.store.kind == "s3"
        if self._recorder is not None:
            for node in sorted(set(found.flows.camera_nodes.values()) & self._nodes):
                parts.add(self._recorder(node))
        self._site = found

    def _prepare(self, own: str | None) -> None:
        """In a thread: the store may be away, and the parts want looking after."""
        try:
            for line in prepare(own, self._ended):
                self._tell(f"store: {line}")
        except Retryable as error:
            self._owed = not self._ended.is_set()
            self._tell(f"store: {error}")
        else:
            self._tell("store: knows the cameras as they are now")
