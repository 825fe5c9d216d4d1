"""All laws, one after the other."""

from __future__ import annotations

from flows.audit import access, account, deeds, deletion, footage, tables
from flows.audit.evidence import gather
from flows.audit.findings import PROVEN_BY, Law
from flows.site import Site

NO_IDENTITIES = "a folder has no identities: whoever reads the disk reads the footage"


def audit(site: Site, *, quick: bool = False) -> list[Law]:
    """Check every law that leaves evidence; changes nothing.

    `quick` reads no footage and folds no journal again: C3 then believes what the store says
    of digests, and C4 answers `not_applicable`.
    """
    evidence = gather(site)
    found = {
        "E1": account.e1(evidence),
        "E2": account.e2(evidence),
        "E3": account.e3(evidence),
        "C1": footage.c1(evidence),
        "C2": footage.c2(evidence),
        "C3": footage.c3(evidence, quick=quick),
        "C5": tables.c5(evidence),
        "C6": footage.c6(evidence),
        "D1": deletion.d1(evidence),
        "D3": deletion.d3(evidence),
        "A2": access.a2(site),
        "A3": deeds.a3(site),
    }
    laws = {number: Law(number, finding) for number, finding in found.items()}
    laws |= {number: Law(number, proven_by=test) for number, test in PROVEN_BY.items()}
    laws["C4"] = (
        Law("C4", not_applicable="left out of a quick audit")
        if quick
        else Law("C4", tables.c4(evidence))
    )
    if not site.store.capabilities.identities:
        laws["A1"] = Law("A1", not_applicable=NO_IDENTITIES)
    return [laws[number] for number in sorted(laws, key=_order)]


def _order(number: str) -> tuple[int, str]:
    return "ECDA".index(number[0]), number
