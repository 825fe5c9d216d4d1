"""What every node said last of itself: `nodes/<node>/<about>/<time of arrival>-<digest>.json`.

Only the newest counts, so it stands beside the journal and the older ones go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any

from edge.clock import to_utc
from edge.errors import ObjectExists, ObjectMissing
from flows.site import Site
from flows.store import LIVECAM

NODES = "nodes/"
READERS = 8
# A newer one may take the place of what was listed just now.
ATTEMPTS = 4

Fact = Mapping[str, Any]


class About(StrEnum):
    """What a node tells of itself."""

    LAWS = "laws"  # edge.receipt.Report
    STATE = "state"  # edge.receipt.State


def keep(site: Site, node: str, about: About, fact: Fact) -> None:
    """Keep what arrived at `fact["received_ms"]` unless something newer did; harmless to repeat.

    By arrival, not by the node's own clock: one that ran ahead would be the newest for years.
    """
    data = json.dumps(fact, sort_keys=True).encode()
    at = to_utc(fact["received_ms"])
    stamp = f"{at:%Y%m%dT%H%M%S}{fact['received_ms'] % 1000:03d}"
    folder = f"{NODES}{node}/{about}/"
    key = f"{folder}{stamp}-{hashlib.sha256(data).hexdigest()[:16]}.json"
    had = [info.key for info in site.store.list(LIVECAM, folder)]
    if key > max(had, default=""):
        try:
            site.store.create(LIVECAM, key, data, content_type="application/json")
        except ObjectExists:
            return
    site.store.delete(LIVECAM, [(one, "") for one in sorted({*had, key})[:-1]])


def newest(site: Site, about: About) -> dict[str, Fact]:
    """What each node said last, by node."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _newest(site, about)
        except ObjectMissing:
            continue
    return _newest(site, about)


def _newest(site: Site, about: About) -> dict[str, Fact]:
    listed = (info.key for info in site.store.list(LIVECAM, NODES))
    # In order of arrival, so that a node's last stands.
    keys = {key.split("/")[1]: key for key in listed if key.split("/")[2:-1] == [about]}
    with ThreadPoolExecutor(READERS) as pool:
        read = pool.map(lambda key: json.loads(site.store.read(LIVECAM, key)), keys.values())
        return dict(zip(keys, read, strict=True))
