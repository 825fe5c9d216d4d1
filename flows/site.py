"""What a stage works with: the site's settings, its store, its clock, this machine's state."""

from __future__ import annotations

from dataclasses import dataclass

from edge.clock import Clock, SystemClock
from edge.home import Home
from flows import settings
from flows.settings import FlowSettings
from flows.store import ObjectStore
from flows.store.choose import open_store


@dataclass(frozen=True, slots=True)
class Site:
    """Handed to every stage; nothing below looks at the environment."""

    settings: FlowSettings
    home: Home
    store: ObjectStore
    clock: Clock


def open_site(flow_settings: FlowSettings | None = None, home: Home | None = None) -> Site:
    """The site of the configuration in force, with its store opened but not prepared."""
    chosen = flow_settings or settings.load()
    at = home or Home.from_environment()
    return Site(chosen, at, open_store(chosen.store, at), SystemClock())
