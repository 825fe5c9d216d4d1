"""Events as cards: what both Search and Review show of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.words import times
from dashboards.words.common import label
from dashboards.words.search import Search as Words
from edge.clock import to_iso, to_ms
from flows.catalogue.stand_ins import StandIn


def card(row: dict[str, Any], drawn: Sequence[StandIn], where: ZoneInfo) -> dict[str, Any]:
    """A row of `events` for `dashboards.cards`; `drawn` are stretches that a stand-in shows."""
    start_ms, end_ms = to_ms(row["start_utc"]), to_ms(row["end_utc"])
    many = f" ×{row['count']}" if row["count"] and row["count"] > 1 else ""
    if any(one.covers(row["camera"], start_ms, end_ms) for one in drawn):
        many += f" · {Words.STAND_IN()}"
    return {
        "id": row["id"],
        "camera": row["camera"],
        "at": to_iso(start_ms // 1_000 * 1_000).replace(".000Z", "Z"),
        "time": times.clock(start_ms, where),
        "day": times.day(times.local(start_ms, where)),
        "title": f"{label(row['label'])}{many}",
        "span": times.span(end_ms - start_ms),
        "score": f"{row['score']:.0%}",
    }
