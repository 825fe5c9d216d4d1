"""A node with a home of its own, at the hub's store."""

from __future__ import annotations

from dataclasses import replace

from edge.home import Home
from edge.segment import Segment
from edge.spool import Spool
from flows.site import Site
from flows.stages.upload import upload
from tests.flows.stage_site import seal_some


def two_wait(hub: Site, home: Home) -> list[Segment]:
    """Camera `gate` of pi1 sealed three segments; one is stored, and the node told so."""
    pi1 = replace(hub, home=home)
    sealed = seal_some(pi1, "gate", node="pi1")
    upload(pi1, Spool(home.spool, "pi1", pi1.clock), limit=1)
    return sealed
