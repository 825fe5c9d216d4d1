"""Promoting and demoting: pointers in the journal that say which model answers (C5).

Nothing is computed, whichever way: every model's findings stand beside one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from edge.clock import to_ms
from edge.errors import BadName
from edge.segment import check_name
from flows.catalogue import journal, preferred, read
from flows.catalogue.fold import fold
from flows.catalogue.journal import Kind
from flows.catalogue.preferred import Model
from flows.catalogue.schema import ANALYSES, PROMOTIONS
from flows.site import Site

# So much of a digest names no other model.
LEAST_DIGITS = 6


def promote(site: Site, model: Model, cameras: Sequence[str] = ()) -> None:
    """Let a model answer first, on these cameras or all; in force when this returns."""
    _tell(site, model, cameras, promoted=True)


def demote(site: Site, model: Model, cameras: Sequence[str] = ()) -> None:
    """Put a model into the shadow, on these cameras or all, until it is promoted again."""
    _tell(site, model, cameras, promoted=False)


def _tell(site: Site, model: Model, cameras: Sequence[str], *, promoted: bool) -> None:
    now_ms = site.clock.utc_ms()
    newest = read.rows(site, PROMOTIONS, columns=("at_utc",))["at_utc"].max()
    # Later than what it answers, also under a clock that went back.
    at_ms = now_ms if newest is None else max(now_ms, to_ms(newest) + 1)  # type: ignore[arg-type]
    told = [
        {
            "model": model.name,
            "model_digest": model.digest,
            "camera": camera,
            "promoted": promoted,
            "at_ms": at_ms,
        }
        for camera in [check_name(one) for one in cameras] or [""]
    ]
    journal.write(site.store, Kind.PROMOTIONS, told, now_ms)
    fold(site)


def looked(site: Site) -> pl.DataFrame:
    """Every model that analysed something: `analyser`, `model_digest`, by name."""
    rows = read.rows(site, ANALYSES, columns=("analyser", "model_digest"), as_they_lie=True)
    return rows.unique().sort("analyser", "model_digest")


def find_model(site: Site, word: str, registered: Iterable[Model] = ()) -> Model:
    """The model of a name or the beginning of a digest, among those that analysed something here,
    were promoted, or are registered. Raises BadName where it is none, or several.
    """
    told = [Model(row["model"], row["model_digest"]) for row in preferred.promotions(site).told]
    known = {
        *registered,
        *told,
        *(Model(name, digest) for name, digest in looked(site).iter_rows()),
    }
    found = [one for one in known if one.name == word]
    if not found and len(word) >= LEAST_DIGITS:
        found = [one for one in known if one.digest.startswith(word.lower())]
    if len({one.digest for one in found}) == 1:
        return found[0]
    if found:
        digests = ", ".join(sorted(one.digest[:16] for one in found))
        raise BadName(f"{word!r} is several models", hint=f"Name one by its digest: {digests}")
    names = ", ".join(sorted({one.name for one in known})) or "none yet"
    raise BadName(f"there is no model {word!r}", hint=f"Known are: {names}")
