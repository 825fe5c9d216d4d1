"""Measurements against peers in the same run; `livecam bench` prints their rows."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.errors import BadName

# Row name → module; a module's `rows` answers every row of its own.
BENCHES: Mapping[str, str] = {
    "record": "record",
    "record-core": "record",
    "record-lost": "record",
    "record-memory": "record",
    "latency-sealed": "latency",
    "latency-searchable": "latency",
    "drain": "drain",
    "search-day": "search",
    "search-label": "search",
    "backfill": "backfill",
    "scan-quiet": "scan",
    "scan-quiet-f1": "scan",
    "scan-visits": "scan",
    "scan-visits-f1": "scan",
    "scan-cars": "scan",
    "serve-playlists": "serve",
    "serve-playlists-p95": "serve",
    "serve-search-label": "serve",
    "serve-search-day": "serve",
    "serve-stalls": "play",
    "serve-click": "click",
    "serve-archive-sqlite": "archive",
    "serve-archive-duckdb": "archive",
    "live-p50": "live",
    "live-p95": "live",
    "live-first": "live",
    "live-stalls": "live",
    "live-streams": "live",
    "day-known": "day",
    "day-unknown": "day",
}


@dataclass(frozen=True, slots=True)
class Goal:
    """`at_most` or `at_least` a value, of the ratio or (absolute) of ours."""

    value: float
    of: str  # "ratio" or "ours"
    at_least: bool = False

    def met(self, ours: float, ratio: float | None) -> bool | None:
        figure = ratio if self.of == "ratio" else ours
        if figure is None:
            return None
        return figure >= self.value if self.at_least else figure <= self.value

    def __str__(self) -> str:
        return f"{self.of} {'>=' if self.at_least else '<='} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, ours beside a peer's; `ratio` is ours / peer, `more` what it stands on."""

    name: str
    ours: float
    peer: float | None
    peer_name: str | None
    unit: str
    goal: Goal | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        ratio = self.ours / self.peer if self.peer else None
        told = {key: value for key, value in asdict(self).items() if key not in {"goal", "more"}}
        return {
            **{key: _round(value) for key, value in (told | dict(self.more)).items()},
            "ratio": _round(ratio),
            "goal": str(self.goal) if self.goal else None,
            "met": self.goal.met(self.ours, ratio) if self.goal else None,
        }


def _round(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def choose(only: str | None) -> list[str]:
    """Row names by `--only`: a name, or what precedes its hyphen; all of them without.

    Raises BadName for what names no row.
    """
    if not only:
        return list(BENCHES)
    wanted = [part.strip() for part in only.split(",") if part.strip()]
    for part in wanted:
        if not any(part in (name, name.split("-")[0]) for name in BENCHES):
            raise BadName(f"there is no bench {part!r}", hint=f"There are: {', '.join(BENCHES)}")
    return [name for name in BENCHES if {name, name.split("-")[0]} & set(wanted)]


def run(names: list[str], folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """The chosen rows as they are measured; `folder` is for their files."""
    for module in dict.fromkeys(BENCHES[name] for name in names):
        measure = importlib.import_module(f"infra.bench.{module}").rows
        yield from (row for row in measure(folder / module, say) if row.name in names)
