"""What a backfill that was killed has left, and what search answers: judged, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from edge.clock import to_iso
from flows.audit import audit, totals
from flows.catalogue import journal, read
from flows.catalogue.schema import ANALYSES, DETECTIONS, MOTION, SEGMENTS, Table
from flows.site import Site
from flows.stages import requests
from infra.faults.hub import Hub
from infra.faults.verdict import Verdict

_SHOWN = 9


@dataclass(frozen=True, slots=True)
class Models:
    """The site's own model, and the other that looks at the archive, by name."""

    site: Site
    own: str
    other: str


def looked(site: Site, model: str) -> list[str]:
    """The segments that a model looked at, as often as there are rows of it."""
    rows = _all(site, ANALYSES, "segment_id", "analyser").filter(analyser=model)
    return rows["segment_id"].to_list()


def _all(site: Site, table: Table, *columns: str) -> pl.DataFrame:
    return read.rows(site, table, columns=columns, as_they_lie=True)


def rows(models: Models, archive: set[str], came: set[str], verdict: Verdict) -> None:
    """Each segment once a model, nothing half written, nothing lost of what came meanwhile."""
    site = models.site
    stored = _all(site, SEGMENTS, "id")["id"].to_list()
    verdict.hold(sorted(stored) == sorted(archive | came), "not each segment has one row")
    _once(site, models.other, archive, archive | came, verdict)
    _once(site, models.own, archive | came, archive | came, verdict)
    loose = _loose(site)
    verdict.hold(not loose, f"findings without their analysis: {loose[:_SHOWN]}")
    verdict.hold(not list(requests.asked(site)), "the backfill is still asked for")
    runs = _all(site, ANALYSES, "analyser", "flow_run_id").filter(analyser=models.other)
    verdict.figures["runs"] = runs["flow_run_id"].n_unique()


def _once(site: Site, model: str, least: set[str], most: set[str], verdict: Verdict) -> None:
    found, told = Counter(looked(site, model)), Counter(_told(site, model))
    twice = sorted(one for one, number in found.items() if number > 1)
    lacking = sorted(least - found.keys())
    verdict.hold(not twice, f"{model} has several rows of {twice[:_SHOWN]}")
    verdict.hold(not lacking, f"{model} has not looked at {lacking[:_SHOWN]}")
    verdict.hold(found.keys() <= most, f"{model} has looked at what is not there")
    verdict.hold(found.keys() == told.keys(), f"rows and journal differ in what {model} looked at")
    again = told.total() - len(told)
    verdict.hold(again == 0, f"{model} looked again at {again} segments it had told of")
    verdict.figures[f"{model}_analyses"] = found.total()


def _told(site: Site, model: str) -> Iterator[str]:
    """The segments that the journal tells a model's findings of."""
    for fact in journal.facts(site.store, journal.Kind.RESULTS):
        if fact["analyser"] == model:
            yield fact["segment_id"]


def _loose(site: Site) -> list[str]:
    """Findings whose analysis has no row."""
    known = _all(site, ANALYSES, "id")["id"].to_list()
    found = pl.concat([_all(site, table, "id") for table in (DETECTIONS, MOTION)])
    of = pl.col("id").str.replace(r"/[^/]*$", "")
    return found.filter(~of.is_in(known))["id"].to_list()


def answers(hub: Hub, end_ms: int) -> list[Any]:
    """What search says of the archive, which ends there."""
    return hub.ask("search", "--events", "--to", to_iso(end_ms))


def pointers(hub: Hub, models: Models, end_ms: int, before: list[Any], verdict: Verdict) -> None:
    """What is promoted answers; a rebuild changes nothing, and the way back gives `before`."""

    def hold(expected: list[Any], after: str) -> None:
        same = answers(hub, end_ms) == expected
        verdict.hold(same, f"search answers otherwise after {after}")

    hold(before, "a backfill that nobody promoted")
    _compare(hub, models, verdict)
    hub.ask("models", "promote", models.other)
    others = answers(hub, end_ms)
    verdict.hold(bool(others) and others != before, "promoting changes nothing")
    hub.ask("rebuild")
    hold(others, "a rebuild")
    hub.ask("models", "demote", models.other)
    hold(before, "demoting")
    hub.ask("rebuild")
    hold(before, "a second rebuild")
    verdict.figures |= {f"{models.own}_events": len(before), f"{models.other}_events": len(others)}


def _compare(hub: Hub, models: Models, verdict: Verdict) -> None:
    cameras = hub.ask("models", "compare", models.own, models.other)
    verdict.figures |= {
        "compared_segments": sum(one["segments"] for one in cameras),
        "events_of_both": sum(one["both"] for one in cameras),
        f"events_of_{models.own}_alone": sum(len(one["only_a"]) for one in cameras),
        f"events_of_{models.other}_alone": sum(len(one["only_b"]) for one in cameras),
    }


def laws(site: Site, verdict: Verdict) -> None:
    """All of them, on their evidence: every byte is read, every batch folded again."""
    found = audit(site)
    for law in found:
        keys = law.finding.keys if law.finding else ()
        verdict.hold(not keys, f"{law.number} is broken: {keys[:_SHOWN]}")
    verdict.figures["laws_checked"] = totals(found)["checked"]
