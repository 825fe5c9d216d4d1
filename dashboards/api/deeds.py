"""The log of deeds: for administrators of all cameras."""

from __future__ import annotations

from fastapi import APIRouter

from dashboards.api.gate import Owning
from dashboards.api.models.access import DeedPage, deed_told
from dashboards.api.parameters import Numbered, PageLimit, numbered
from dashboards.api.session import Accessed

routes = APIRouter(tags=["audit"])


@routes.get("/audit")
def newest(access: Accessed, _: Owning, limit: PageLimit = 50, before: Numbered = None) -> DeedPage:
    """Who did what, newest first. `livecam audit` checks that nothing left the chain."""
    found = access.deeds.newest(limit + 1, before)
    following = numbered(found[limit - 1].seq) if len(found) > limit else None
    return DeedPage(deeds=[deed_told(deed) for deed in found[:limit]], next=following)
