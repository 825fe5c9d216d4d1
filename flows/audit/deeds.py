"""What was done, and whether the log of it is whole: A3."""

from __future__ import annotations

from edge.errors import Retryable
from flows.audit.findings import Finding
from flows.deeds import FILE, Deeds
from flows.site import Site


def a3(site: Site) -> Finding:
    """Every row of this home's log of deeds holds the hash of the one before; none is missing."""
    path = site.home.gateway / FILE
    if not path.exists():
        return Finding(0)
    try:
        count, broken = Deeds(site.home, site.clock).verify()
    except Retryable:
        return Finding(1, (f"gateway/{FILE}",))
    return Finding(count, () if broken is None else (f"seq {broken}",))
