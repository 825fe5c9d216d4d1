"""The main job on the embedded default: a drawn camera from recording to an event."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.clock import SystemClock
from edge.home import Home
from flows.config_file import whole as config
from flows.site import Site, open_site
from infra.stack import record
from infra.stack.ports import Ports
from infra.stack.run import Tell
from infra.stack.site import plan
from infra.stack.supervisor import Supervisor

HOME = ".livecam/demo"
LABEL = "person"
WANTED_SEGMENTS = 2
INTERVAL_S = 10  # a run costs two CPU-seconds of imports, and there may be two cores
LOOK_EVERY_S = 1.0
PATIENCE_S = 85  # of the 120 s that `--exit` may take
CONFIGURATION = """\
# Written by `livecam demo`.
site: demo
record: {segment: 5s}
cameras:
  yard: {source: "scene:"}
"""


@dataclass(slots=True)
class Seen:
    """What this demo has to show so far; times are seconds since its start."""

    segments: int = 0
    analysed: int = 0
    events: dict[str, int] = field(default_factory=dict)
    first_searchable_s: float | None = None

    @property
    def enough(self) -> bool:
        return self.segments >= WANTED_SEGMENTS and self.events.get(LABEL, 0) > 0


def configure() -> Home:
    """Choose the demo's home and write its configuration, for this process and its children."""
    home = Home(Path(os.environ.get("LIVECAM_HOME") or HOME).absolute())
    home.root.mkdir(parents=True, exist_ok=True)
    path = home.root / "demo.yaml"
    path.write_text(CONFIGURATION)
    os.environ.update(LIVECAM_HOME=str(home.root), LIVECAM_CONFIG=str(path))
    return home


class Demo:
    """One run of it. The caller holds the supervisor's lock."""

    def __init__(self, home: Home, tell: Tell, stop: Callable[[], bool], *, page: bool) -> None:
        self._began = time.monotonic()
        self._began_ms = SystemClock().utc_ms()
        self._home, self._tell, self._stop = home, tell, stop
        self._config = config.load()
        self._ports = Ports()
        self._plan = plan(self._config, home, self._ports, interval_s=INTERVAL_S)
        self._site: Site = open_site(self._config.flows, home)
        # A demo that ends by itself shows nobody its page, and may have two cores.
        parts = [part for part in self._plan.parts if page or part.name != "app"]
        self._parts = Supervisor(home, parts, SystemClock(), tell)
        self._looked = 0.0
        self.seen = Seen()

    def start(self) -> None:
        """Make way for the demo's parts: what an earlier one left running is ended."""
        self._parts.adopt()
        record.forget(self._home, record.ADDRESSES)

    def until_enough(self) -> None:
        """Go on until an event was found, patience ends or a stop is asked."""
        self._run(lambda: self.seen.enough or self._seconds() > PATIENCE_S)

    def record_for(self, seconds: float) -> None:
        """Go on until this long after the first footage reached the spool."""
        self._run(lambda: any(self._home.spool.glob("recording/*.part")))
        until = time.monotonic() + seconds
        self._run(lambda: time.monotonic() >= until)

    def stay(self) -> None:
        """Go on until a stop is asked, telling the page's address once all is ready."""
        self._run(lambda: not self._parts.waiting())
        if not self._stop():
            record.write(self._home, record.ADDRESSES, asdict(self._plan.addresses))
            self._tell(f"open {self._plan.addresses.app} (Ctrl-C ends it)")
        self._run(lambda: False)

    def finish(self) -> dict[str, Any]:
        """Seal, drain, check the laws, and answer what `--json` prints."""
        from flows.audit import audit, totals
        from flows.stages.drain import drain

        self._tell("sealing what is open, and working off the rest")
        self._parts.end([name for name in self._names() if name.startswith("record-")])
        self._parts.end([name for name in self._names() if name == "hub" or "upload" in name])
        drain(self._site)
        self._look()
        laws = totals(audit(self._site))
        return {
            "cameras": len(self._config.cameras),
            "segments": self.seen.segments,
            "events": self.seen.events,
            "seconds_to_first_searchable": round(self.seen.first_searchable_s or 0.0, 1),
            "laws": laws,
        }

    def close(self) -> None:
        """End every part."""
        self._parts.stop()
        self._ports.close()

    def _names(self) -> list[str]:
        return [part.name for part in self._plan.parts]

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _run(self, until: Callable[[], bool]) -> None:
        self._parts.run(lambda: self._stop() or self._looking() or until())

    def _looking(self) -> bool:
        """Look now and then; never a reason to stop."""
        if self._seconds() - self._looked >= LOOK_EVERY_S:
            self._looked = self._seconds()
            self._look()
        return False

    def _look(self) -> None:
        """Read the catalogue, and tell what is there for the first time."""
        if not (self._home.store / "livecam" / "catalogue").exists():
            return
        from flows.catalogue import read

        before, seen = self.seen, Seen(first_searchable_s=self.seen.first_searchable_s)
        since = self._began_ms - 1_000
        seen.segments = read.segments(self._site, start_ms=since, columns=("id",)).height
        seen.analysed = read.analyses(self._site, start_ms=since).height
        for label in read.events(self._site, start_ms=since, columns=("label",))["label"]:
            seen.events[label] = seen.events.get(label, 0) + 1
        if seen.segments and seen.first_searchable_s is None:
            seen.first_searchable_s = self._seconds()
            self._tell(f"{self._seconds():5.1f} s  the first segment can be searched")
        if seen.analysed and not before.analysed:
            self._tell(f"{self._seconds():5.1f} s  the first segment is analysed")
        if seen.events and not before.events:
            self._tell(f"{self._seconds():5.1f} s  found: {', '.join(seen.events)}")
        self.seen = seen
