"""Whether the gateway and its store answer."""

from __future__ import annotations

from fastapi import APIRouter

from dashboards.api.gate import Archived
from dashboards.api.models.catalogue import HealthTold
from dashboards.api.schema import OPEN
from edge.clock import to_iso
from flows.store import FOOTAGE

routes = APIRouter(tags=["site"])


@routes.get("/health", openapi_extra=OPEN)
def health(archive: Archived) -> HealthTold:
    """`{"status": "ok", …}`; 503 with the reason when the store does not answer."""
    site = archive.site
    cameras = [name for name in site.store.folders(FOOTAGE, "videos/") if site.sees(name)]
    return HealthTold(
        status="ok",
        site=site.settings.site,
        store=site.settings.store.kind,
        cameras=cameras,
        time=to_iso(site.clock.utc_ms()),
    )
