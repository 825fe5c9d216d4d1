"""What waits for a model: stored segments without an analysis by it, as the tables tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from typing import Any

import polars as pl

from edge.clock import to_ms
from flows.catalogue import preferred, read
from flows.catalogue.schema import ANALYSES, SEGMENTS, Status
from flows.site import Site
from flows.stages.lineage import config_digest
from flows.vision.detector import Detector

# Between the writing of a file and its commit, and between two machines' clocks.
SLACK_MS = 600_000
# Once in a while everything is looked through: so much rests on no one's clock.
WHOLE_EVERY_MS = 86_400_000
COLUMNS = ("id", "camera", "start_utc", "key", "version_id", "sha256", "wall_ms", "still")

Row = dict[str, Any]


def unanalysed(site: Site, found: pl.DataFrame, detector: Detector) -> pl.DataFrame:
    """Those of the segments without an analysis by this model, as its camera is configured now."""
    if found.is_empty():
        return found
    configs = {
        camera: config_digest(site.settings.detect_for(camera))[:16]
        for camera in found["camera"].unique()
    }
    before = f"/{detector.name}/{detector.digest[:16]}/"
    config = pl.col("camera").replace_strict(configs, return_dtype=pl.String)
    named = found.with_columns(analysis=pl.concat_str(pl.col("id"), pl.lit(before), config))
    done = _analyses(site, found, ("id",))
    return named.join(done, left_on="analysis", right_on="id", how="anti").drop("analysis")


def unseen(site: Site, found: pl.DataFrame) -> pl.DataFrame:
    """Those of the segments that no model looked at."""
    if found.is_empty():
        return found
    done = _analyses(site, found, ("segment_id",))
    return found.join(done, left_on="id", right_on="segment_id", how="anti")


def unanswered(site: Site, found: pl.DataFrame) -> pl.DataFrame:
    """Those of the segments that no model looked at whose findings would be shown."""
    if found.is_empty():
        return found
    known = preferred.promotions(site)
    done = _analyses(site, found, ("segment_id", "camera", "analyser", "model_digest")).unique()
    answered = [
        row["segment_id"]
        for row in done.iter_rows(named=True)
        if known.of(row["camera"]).place(preferred.tag(row["analyser"], row["model_digest"]))
    ]
    return found.filter(~pl.col("id").is_in(answered))


def _analyses(site: Site, of: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    first, last = of["start_utc"].min(), of["start_utc"].max()
    return read.rows(
        site,
        ANALYSES,
        start_ms=to_ms(first) - 1,  # type: ignore[arg-type]
        end_ms=to_ms(last) + 1,  # type: ignore[arg-type]
        columns=columns,
    )


class Arrivals:
    """Stored segments that came since somebody looked all of them through, for one kind of work.

    `kind` tells that work from any other: another model, another configuration, an order that
    was changed, all look through everything again.
    """

    def __init__(self, site: Site, kind: Collection[str]) -> None:
        self._site, self._kind = site, sorted(kind)
        table = site.store.delta_uri(SEGMENTS.path)
        name = hashlib.sha256(json.dumps([table, self._kind]).encode()).hexdigest()[:16]
        self._file = site.home.run / "analysed" / f"{name}.json"
        self._until, self._whole = 0, site.clock.utc_ms()

    def found(self, again: Collection[str]) -> pl.DataFrame:
        """Those, and the stored ones of `again` (ids), which others may be."""
        changed, self._until = read.changed_segments(self._site, self._since(), COLUMNS)
        others = set(again) - set(changed["id"])
        return pl.concat([changed, *(self._stored(one) for one in sorted(others))])

    def _stored(self, segment_id: str) -> pl.DataFrame:
        stored = pl.col("status") == str(Status.STORED)
        return read.of_segment(self._site, SEGMENTS, segment_id, where=stored, columns=COLUMNS)

    def _since(self) -> int:
        """Files older than this were looked through to the end, for this very kind of work."""
        try:
            told = json.loads(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return 0
        now = self._site.clock.utc_ms()
        if not 0 <= now - told["whole_ms"] < WHOLE_EVERY_MS:
            return 0
        self._whole = told["whole_ms"]
        return int(told["until_ms"]) - SLACK_MS

    def looked(self) -> None:
        """Everything that was waiting was tried: the next look need not be at all of it."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps({"until_ms": self._until, "whole_ms": self._whole}))
