"""Facts of the journal and the rows they become: both spellings stand here, side by side.

Facts hold times as integer milliseconds since the epoch (`*_ms`), rows as UTC times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edge.clock import to_day, to_ms, to_utc
from edge.clocks.correction import Correction
from edge.modes.activity import still
from edge.segment import Fragment, Gap, Segment, SegmentName
from flows.catalogue.journal import Fact

# Playback asks for stretches of at least this, each from a keyframe.
RANGE_MS = 4_000

Row = dict[str, Any]


def stored(segment: Segment, *, version_id: str, received_ms: int) -> Fact:
    """Kind `segments`: this segment's object is in the store, in that version (C1, C6)."""
    return {
        "segment": segment.model_dump(mode="json"),
        "version_id": version_id,
        "received_ms": received_ms,
    }


def segment_of(fact: Fact) -> Segment:
    """The segment that a fact of kind `segments` tells of."""
    return Segment.model_validate(fact["segment"])


def segment_row(fact: Fact) -> Row:
    """A row of `segments` as stored; whether it expired is not the receipt's to say."""
    segment = segment_of(fact)
    return {
        **segment.model_dump(
            mode="json",
            include={
                *("camera", "node", "media_ms", "wall_ms", "size_bytes", "sha256", "codec"),
                *("mime_codecs", "width", "height", "fps", "origin"),
            },
        ),
        "id": segment.id,
        "status": "stored",
        "start_utc": to_utc(segment.start_ms),
        "end_utc": to_utc(segment.end_ms),
        "received_utc": to_utc(fact["received_ms"]),
        "key": segment.key,
        "version_id": fact["version_id"],
        "init_bytes": segment.fragments[0].offset_bytes if segment.fragments else 0,
        "ranges": list(ranges(segment)),
        "day": to_day(segment.start_ms),
        # Null as in tables that were made before there were such columns (C4).
        "rung": segment.rung or None,
        "fallback": segment.fallback or None,
        "boot_id": segment.boot_id or None,
        "monotonic_ms": segment.monotonic_ms if segment.boot_id else None,
        "synchronised": segment.synchronised,
        "still": still(segment.activity, segment.wall_ms) if segment.activity else None,
    }


def ranges(segment: Segment) -> Iterator[Row]:
    """The file in byte ranges that start at keyframes, RANGE_MS or longer but for the last."""
    begun: list[Fragment] = []
    for fragment in segment.fragments:
        if begun and fragment.keyframe and _ms(segment, fragment.pts - begun[0].pts) >= RANGE_MS:
            yield _range(segment, begun, _ms(segment, fragment.pts))
            begun = []
        begun.append(fragment)
    if begun:
        yield _range(segment, begun, max(segment.media_ms, _ms(segment, begun[-1].pts)))


def _ms(segment: Segment, ticks: int) -> int:
    return ticks * 1_000 // segment.time_scale


def _range(segment: Segment, fragments: list[Fragment], end_ms: int) -> Row:
    start_ms = _ms(segment, fragments[0].pts)
    return {
        "offset_bytes": fragments[0].offset_bytes,
        "size_bytes": sum(f.size_bytes for f in fragments),
        "start_ms": start_ms,
        "media_ms": end_ms - start_ms,
    }


def missed(gap: Gap) -> Fact:
    """Kind `gaps`: a stretch without footage, and why (E3)."""
    return gap.model_dump(mode="json")


def gap_row(fact: Fact) -> Row:
    """A row of `gaps`."""
    gap = Gap.model_validate(fact)
    return {
        "id": gap.id,
        "camera": gap.camera,
        "node": gap.node,
        "start_utc": to_utc(gap.start_ms),
        "end_utc": to_utc(gap.end_ms),
        "cause": str(gap.cause),
        "detail": gap.detail,
        "day": to_day(gap.start_ms),
        "boot_id": gap.boot_id or None,
        "monotonic_ms": gap.monotonic_ms,
        "from_boot_id": gap.from_boot_id or None,
        "from_monotonic_ms": gap.from_monotonic_ms,
    }


def gap_of(row: Fact) -> Gap:
    """The gap that a row of `gaps` was told as: its id keeps how it was named."""
    camera, start, end, cause = row["id"].split("_", 3)
    return Gap(
        camera=camera,
        node=row["node"],
        start_ms=int(start),
        end_ms=int(end),
        cause=cause,
        boot_id=row["boot_id"] or "",
        monotonic_ms=row["monotonic_ms"],
        from_boot_id=row["from_boot_id"] or "",
        from_monotonic_ms=row["from_monotonic_ms"],
    )


def corrected(correction: Correction) -> Fact:
    """Kind `corrections`: where a boot's monotonic time lies in UTC."""
    return correction.model_dump(mode="json")


def correction_row(fact: Fact) -> Row:
    """A row of `corrections`."""
    one = Correction.model_validate(fact)
    told = one.model_dump(exclude={"at_ms"})
    return {"id": one.id, **told, "at_utc": to_utc(one.at_ms), "day": to_day(one.at_ms)}


def correction_of(row: Fact) -> Correction:
    """The correction that a row tells of."""
    told = {name: row[name] for name in Correction.model_fields if name != "at_ms"}
    return Correction(**told, at_ms=to_ms(row["at_utc"]))


def failure_row(fact: Fact) -> Row:
    """A row of `set_aside` from a fact of kind `failures`.

    Facts: `stage` (ingest, analyse, fold, backfill), `subject` (the key of the receipt or
    batch, the segment's id, in a backfill `<segment>/<model digest 16>`), `camera`, `key`,
    `reason`, `attempts`, `at_ms`, `state` (failing, set_aside, replayed, resolved), `day` (of
    the segment's start, of the receipt, or of the batch).
    """
    return {
        "id": f"{fact['stage']}/{fact['subject']}",
        **{
            name: fact[name]
            for name in ("stage", "camera", "key", "reason", "attempts", "state", "day")
        },
        "at_utc": to_utc(fact["at_ms"]),
    }


def hold_row(fact: Fact) -> Row:
    """A row of `holds`.

    Facts: `id`, `camera`, `start_ms`, `end_ms`, `reason`, and `placed_ms` or `released_ms`:
    what is released is told whole, so that the two may be folded in either order.
    """
    placed, released = fact.get("placed_ms"), fact.get("released_ms")
    return {
        "id": fact["id"],
        "camera": fact["camera"],
        "start_utc": to_utc(fact["start_ms"]),
        "end_utc": to_utc(fact["end_ms"]),
        "placed_utc": None if placed is None else to_utc(placed),
        "released_utc": None if released is None else to_utc(released),
        "reason": fact.get("reason", ""),
        "day": to_day(fact["start_ms"]),
    }


def expiry_row(fact: Fact) -> Row:
    """A row of `expiries`.

    Facts: `id` (the segment's), `received_ms`, `policy_days`, `reason`, `plan` (the intent's
    key), `expired_ms`, `size_bytes`.
    """
    name = SegmentName.from_file(fact["id"] + ".mp4")
    return {
        "id": fact["id"],
        "camera": name.camera,
        "key": name.key,
        "start_utc": to_utc(name.start_ms),
        "received_utc": to_utc(fact["received_ms"]),
        "policy_days": fact["policy_days"],
        "reason": fact["reason"],
        "plan": fact["plan"],
        "expired_utc": to_utc(fact["expired_ms"]),
        "size_bytes": fact["size_bytes"],
        "day": to_day(name.start_ms),
    }


def promotion_row(fact: Fact) -> Row:
    """A row of `promotions`.

    Facts: `model`, `model_digest`, `camera` ("" is all), `promoted`, `at_ms`.
    """
    where = fact["camera"] or "*"
    return {
        "id": f"{fact['at_ms']}_{fact['model_digest'][:16]}_{where}",
        **{name: fact[name] for name in ("model", "model_digest", "camera", "promoted")},
        "at_utc": to_utc(fact["at_ms"]),
        "day": to_day(fact["at_ms"]),
    }
