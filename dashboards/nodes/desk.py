"""All that the gateway keeps of nodes, of what happened, and of the configuration."""

from __future__ import annotations

from dataclasses import dataclass

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
        home, clock = site.home, site.clock
        book, feed = NodeBook(home, clock), Feed(home, clock)
        return cls(home, clock, book, feed, Versions(home, clock), Bell())
