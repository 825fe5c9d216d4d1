"""Pictures stored beside the footage they were made of, for as long as that is there (D3)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from edge.errors import ObjectExists, ObjectMissing
from flows.store import FOOTAGE, LIVECAM, ObjectStore


def keep(store: ObjectStore, row: Mapping[str, Any], pictures: Mapping[str, bytes]) -> None:
    """Create these, by key, of the segment of a row of `segments`; one that is there stays.

    Raises ObjectMissing, and leaves none of them, where the footage went meanwhile: retention
    may have looked for its pictures before these came.
    """
    for key, data in pictures.items():
        with suppress(ObjectExists):
            store.create(LIVECAM, key, data, content_type="image/jpeg")
    try:
        store.head(FOOTAGE, row["key"], row["version_id"] or "")
    except ObjectMissing:
        store.delete(LIVECAM, [(key, "") for key in pictures])
        raise
