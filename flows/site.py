"""What a stage works with: the site's settings, its store, its clock, this machine's state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edge.clock import Clock, SystemClock
from edge.errors import LivecamError
from edge.home import Home
from edge.settings import find_file
from edge.watched import WatchedFile
from flows import settings
from flows.settings import FlowSettings
from flows.store import ObjectStore
from flows.store.choose import open_store


@dataclass(frozen=True, slots=True)
class Site:
    """Handed to every stage; nothing below looks at the environment.

    `only`: the cameras that whoever asks may see, None for all. The catalogue answers as if there
    were no others (`flows.catalogue.read`).
    """

    settings: FlowSettings
    home: Home
    store: ObjectStore
    clock: Clock
    only: frozenset[str] | None = None

    def sees(self, camera: str) -> bool:
        """Whether whoever asks may see a camera."""
        return self.only is None or camera in self.only

    @property
    def whole(self) -> Site:
        """The same with all of its cameras: for what is done on somebody's behalf."""
        return replace(self, only=None)

    @property
    def cameras(self) -> tuple[str, ...]:
        """The configured cameras that whoever asks may see."""
        return tuple(name for name in self.settings.camera_nodes if self.sees(name))


def open_site(flow_settings: FlowSettings | None = None, home: Home | None = None) -> Site:
    """The site of the configuration in force, with its store opened but not prepared."""
    chosen = flow_settings or settings.load()
    at = home or Home.from_environment()
    return Site(chosen, at, open_store(chosen.store, at), SystemClock())


class Following:
    """The site of whoever runs for long: its settings are those of livecam.yaml as edited.

    Where the store and Prefect are stays as it was: that wants a restart. A file that is wrong
    changes nothing, and whoever edits or records by it is told.
    """

    def __init__(self, site: Site, path: Path | None = None) -> None:
        self._site, self._path = site, path
        self._file = WatchedFile(path) if path else None

    @classmethod
    def open(cls) -> Following:
        """The site of the configuration in force."""
        return cls(open_site(), find_file())

    @property
    def now(self) -> Site:
        """The site as it is now; asking costs one stat."""
        if self._file is not None and self._file.changed():
            try:
                found = settings.load(self._path)
            except LivecamError:
                return self._site
            had = self._site.settings
            kept = {"store": had.store, "prefect": had.prefect}
            self._site = replace(self._site, settings=found.model_copy(update=kept))
        return self._site
