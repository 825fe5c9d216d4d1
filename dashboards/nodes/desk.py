"""All that the gateway keeps of nodes, of what happened, and of the configuration."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from dashboards.nodes.bell import Bell
from dashboards.nodes.book import NodeBook
from edge.clock import Clock
from edge.home import Home
from flows.config_file.versions import Versions
from flows.feed import Feed
from flows.site import Site


@dataclass(frozen=True, slots=True)
class Desk:
    """One home's, shared by everything that runs in the gateway's process."""

    home: Home
    clock: Clock
    book: NodeBook
    feed: Feed
    versions: Versions
    bell: Bell

    @classmethod
    def of(cls, site: Site) -> Desk:
        """A new one; `desk_of` answers the one of this process."""
        home, clock = site.home, site.clock
        book, feed = NodeBook(home, clock), Feed(home, clock)
        return cls(home, clock, book, feed, Versions(home, clock), Bell())


_shared: dict[Path, Desk] = {}
_sharing = threading.Lock()


def desk_of(site: Site) -> Desk:
    """The one that this process has for a site: who watches rings where others wait."""
    with _sharing:
        found = _shared.get(site.home.root)
        if found is None or found.clock is not site.clock:
            found = _shared[site.home.root] = Desk.of(site)
        return found
