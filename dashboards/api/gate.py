"""What every route is handed: the archive of the site that this gateway serves."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from dashboards.archive import Archive


def _archive(request: Request) -> Archive:
    archive = request.app.state.archive
    assert isinstance(archive, Archive)
    return archive


Archived = Annotated[Archive, Depends(_archive)]
