"""Which model answers: of those that looked at the same footage, the first in its camera's order.

First comes what was promoted, the newest promotion before the older ones, then FastestDet, then
HOG. What has no place in that order works in the shadow: its findings are kept and never shown,
so that promoting and demoting computes nothing. What was demoted has no place until it is
promoted again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Protocol

import polars as pl

from flows.catalogue.opened import collect, opened
from flows.catalogue.schema import PROMOTIONS
from flows.store import ObjectStore

# Whose findings are shown where nothing was promoted: the detectors that every site has.
DEFAULTS = ("fastestdet", "hog")
# What a row of events must tell for `shown`, and one of analyses for `superseded`.
OF_EVENT = ("camera", "analyser", "model_digest", "other_models")
OF_ANALYSIS = (
    *("id", "segment_id", "camera", "analyser"),
    *("model_digest", "config_digest", "analysed_utc"),
)
_DIGITS = 16

Row = dict[str, Any]


class HasStore(Protocol):
    """What is asked of a site."""

    @property
    def store(self) -> ObjectStore: ...


@dataclass(frozen=True, slots=True)
class Model:
    """A model as promotions name it; its digest says which it is."""

    name: str
    digest: str


def tag(analyser: str | None, digest: str | None) -> str:
    """A model as `other_models` names it."""
    return f"{analyser or ''}/{(digest or '')[:_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Order:
    """One camera's: what is promoted, best first, and what is demoted (16 digits each)."""

    promoted: tuple[Model, ...] = ()
    demoted: frozenset[str] = frozenset()

    def place(self, of: str) -> tuple[int, str] | None:
        """Where a model (by its `tag`) stands, the least first; None in the shadow."""
        name, _, digest = of.partition("/")
        places = [one.digest[:_DIGITS] for one in self.promoted]
        if digest in places:
            return places.index(digest), digest
        if digest in self.demoted or (name and name not in DEFAULTS):
            return None
        # Rows of before lineage was told come last.
        place = DEFAULTS.index(name) if name else len(DEFAULTS)
        return len(places) + place, digest

    def shows(self, own: str, others: Iterable[str]) -> bool:
        """Whether a model answers where these looked too."""
        mine = self.place(own)
        theirs = [place for one in others if (place := self.place(one)) is not None]
        return mine is not None and all(mine <= place for place in theirs)


@dataclass(slots=True)
class Promotions:
    """Everything that was ever promoted or demoted, oldest first."""

    told: list[Row] = field(default_factory=list)
    _orders: dict[str, Order] = field(default_factory=dict)

    def of(self, camera: str) -> Order:
        """The order that holds for a camera."""
        if camera not in self._orders:
            self._orders[camera] = self._order(camera)
        return self._orders[camera]

    def _order(self, camera: str) -> Order:
        newest: dict[str, Row] = {}
        for row in self.told:
            if row["camera"] in ("", camera):
                newest.pop(row["model_digest"][:_DIGITS], None)
                newest[row["model_digest"][:_DIGITS]] = row
        up = [row for row in newest.values() if row["promoted"]]
        return Order(
            tuple(Model(row["model"], row["model_digest"]) for row in reversed(up)),
            frozenset(one for one, row in newest.items() if not row["promoted"]),
        )


# A table's files never change: as long as they are the same, so is what they tell.
_known: dict[str, tuple[list[str], Promotions]] = {}


def promotions(site: HasStore) -> Promotions:
    """As the table tells now; read again only when it has changed."""
    store = site.store
    files = opened(store, PROMOTIONS).files(store)["uri"].sort().to_list()
    known = _known.get(uri := store.delta_uri(PROMOTIONS.path))
    if known is None or known[0] != files:
        rows = collect(store, PROMOTIONS, files)
        known = _known[uri] = files, Promotions(rows.to_dicts())
    return known[1]


def shown(events: pl.DataFrame, known: Promotions) -> pl.DataFrame:
    """Events of the model that comes first of those that looked at their best segment.

    Rows of before do not tell who else did: theirs are shown by their own model's place.
    """
    marked = events.with_columns(others=pl.col("other_models").list.join(",").fill_null(""))
    kinds = [marked[name].unique().to_list() for name in ("analyser", "model_digest", "others")]
    cameras: dict[Order, list[str]] = {}
    for camera in marked["camera"].unique().to_list():
        cameras.setdefault(known.of(camera), []).append(camera)
    hidden = [
        pl.col("camera").is_in(own) & _is(*kind)
        for order, own in cameras.items()
        for kind in product(*kinds)
        if not order.shows(tag(kind[0], kind[1]), filter(None, kind[2].split(",")))
    ]
    # A few comparisons of whole columns: distinct rows of four strings take ten times as long.
    return (
        events.filter(~marked.select(pl.any_horizontal(hidden)).to_series()) if hidden else events
    )


def _is(analyser: str | None, digest: str | None, others: str) -> pl.Expr:
    told = pl.col("analyser").eq_missing(pl.lit(analyser, pl.String))
    told &= pl.col("model_digest").eq_missing(pl.lit(digest, pl.String))
    return told & (pl.col("others") == others)


def superseded(analyses: pl.DataFrame, known: Promotions) -> pl.DataFrame:
    """Those of the analyses that do not answer for their segment.

    What answers is the first model in order, by the newest of its configurations.
    """
    of = ["camera", "analyser", "model_digest"]
    kinds = analyses.select(of).unique()
    places = [known.of(kind[0]).place(tag(kind[1], kind[2])) for kind in kinds.iter_rows()]
    placed = kinds.with_columns(place=pl.Series([p and p[0] for p in places], dtype=pl.Int64))
    ranked = analyses.join(placed, of, nulls_equal=True).filter(pl.col("place").is_not_null())
    order = ["place", "model_digest", "analysed_utc", "id"]
    best = ranked.sort(order, descending=[False, False, True, True]).unique(
        "segment_id", keep="first", maintain_order=True
    )
    return analyses.join(best, "id", how="anti")
