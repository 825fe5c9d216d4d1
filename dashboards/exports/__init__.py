"""Exports that the gateway makes and keeps: asked for here, made one at a time, downloaded."""

from __future__ import annotations

import threading
from pathlib import Path

from dashboards.access.visitor import Role, Visitor
from dashboards.exports.book import FILE, Book, Export, Kept, State
from dashboards.exports.runner import Runner, clear
from edge.errors import ObjectMissing
from flows import deeds
from flows.site import Following, Site
from flows.stages.account import known_cameras
from flows.stages.export import Expected, Wanted, check, expected

__all__ = ["Expected", "Export", "Exports", "Kept", "State", "exports_of", "may_remove"]


class Exports:
    """All of them of one site, for one visitor at a time. Threads may share it."""

    def __init__(self, following: Following) -> None:
        site = following.now
        self._following, self.book = following, Book(site.home, site.clock)
        self.runner = Runner(following, self.book)
        if (site.home.gateway / FILE).exists() and self.book.waiting():
            self.runner.wake()  # what a restart broke off

    def expected(self, site: Site, wanted: Wanted) -> list[Expected]:
        """What one would come to, camera by camera; `site` as whoever asks may see it.

        Raises as `flows.stages.export.check`, ObjectMissing for a camera that there is not for
        them, and where there is nothing at all.
        """
        check(wanted)
        known = known_cameras(site)
        for camera in wanted.cameras:
            if camera not in known:
                raise ObjectMissing(f"there is no camera {camera!r}")
        return expected(site, wanted)

    def ask(self, site: Site, wanted: Wanted, address: str = "") -> Export:
        """Queue one. Raises as `expected`."""
        size = sum(one.size_bytes for one in self.expected(site, wanted))
        what = f"{wanted.id} of {', '.join(wanted.cameras)}"
        deeds.tell(site.home, wanted.who, "export", what, address=address)
        found = self.book.add(wanted, size)
        self.runner.wake()
        return found

    def remove(self, export: Export, who: str, address: str = "") -> None:
        """Delete one, its files too; one that is being made ends."""
        site = self._following.now
        deeds.tell(site.home, who, "export deleted", export.id, address=address)
        self.book.remove(export)
        clear(site, export.id)


def may_remove(export: Export, visitor: Visitor) -> bool:
    """Whoever made it, and administrators."""
    own = visitor.role.may(Role.OPERATOR) and visitor.name == export.who
    return own or visitor.role.may(Role.ADMIN)


_shared: dict[Path, Exports] = {}
_sharing = threading.Lock()


def exports_of(following: Following) -> Exports:
    """Those of a site: one object for gateway and pages alike."""
    root = following.now.home.root
    with _sharing:
        if root not in _shared:
            _shared[root] = Exports(following)
        return _shared[root]
