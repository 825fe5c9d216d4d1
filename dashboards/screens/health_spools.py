"""The part of Health about spools: what waits where, how long there is room, who tells nothing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards import view
from dashboards.spools import SpoolState, nodes_seen
from dashboards.state import CameraState
from dashboards.words import times
from dashboards.words.common import Common
from dashboards.words.health import Health as Words
from dashboards.words.health import Spools
from edge.clocks import ntp
from edge.health import Health
from edge.quota import WhenFull
from edge.receipt import State
from flows.site import Site


def waiting(found: Sequence[SpoolState]) -> str:
    """How much waits in all spools together."""
    count = sum(one.state.segments for one in found)
    return Spools.SEGMENTS(count=count) if found else "–"


def runway(found: Sequence[SpoolState]) -> str:
    """How long the first spool lasts that will be full, and whether all of it is known."""
    if not found:
        return Spools.NONE_TOLD()
    size = view.size(sum(one.state.bytes for one in found))
    lasts = [one.state.runway_ms for one in found if one.state.runway_ms is not None]
    stale = sum(one.is_stale for one in found)
    told = Spools.RUNWAY_OF(span=view.span(min(lasts))) if lasts else Spools.NO_STREAM()
    return f"{size} · {told}" + (f" · {Spools.SILENT(count=stale)}" if stale else "")


def of_camera(camera: CameraState, found: Sequence[SpoolState]) -> str:
    """What waits of one camera, with the age of the news where it is old."""
    ages = [one.age_ms for one in found if one.is_stale and camera.name in one.state.cameras]
    if not camera.waiting.segments:
        return ""
    text = f"{camera.waiting.segments} ({view.size(camera.waiting.bytes)})"
    if camera.waiting.share_bytes is not None:
        text += Spools.OF(size=view.size(camera.waiting.share_bytes))
    return f":gray[{text}, {times.ago(max(ages))}]" if ages else text


def show(site: Site, found: Sequence[SpoolState]) -> None:
    """A row a spool, and one for every node that never told of its own."""
    st.subheader(Spools.TITLE())
    rows = [_row(one) for one in found]
    known = {node for one in found for node in one.nodes}
    rows += [_silent(node) for node in sorted(nodes_seen(site) - known)]
    if not rows:
        st.caption(Spools.NOTHING())
        return
    st.table(rows, border="horizontal", hide_index=True)
    if any(one.is_stale for one in found):
        st.caption(Spools.GREY())


def _row(one: SpoolState) -> dict[str, str]:
    state = one.state
    figures = {
        Words.WAITING(): _waits(state),
        Spools.RUNWAY(): _runway(state),
        Words.UPLOAD_LAG(): view.span(state.lag_ms) if state.segments else Spools.NO_LAG(),
        Spools.UPLOADS(): Spools.A_MINUTE(rate=one.per_minute) if one.per_minute else "–",
        Spools.FREE(): view.size(state.free_bytes),
        Spools.MACHINE(): _machine(state.health),
    }
    if one.is_stale:
        figures = {name: f":gray[{text}]" for name, text in figures.items()}
    told = Spools.READ_HERE() if one.here else times.ago(one.age_ms)
    return {
        "": ":red[●]" if one.is_stale else ":green[●]",
        Common.NODE(): ", ".join(one.nodes) or Spools.THIS_MACHINE(),
        **figures,
        Spools.TOLD(): f":red[{told}]" if one.is_stale else told,
    }


_THEN = {
    WhenFull.LOWER: Spools.OLDEST_GOES,
    WhenFull.OLDEST: Spools.OLDEST_GOES,
    WhenFull.STOP: Spools.RECORDING_STOPS,
}


def _waits(state: State) -> str:
    size = view.size(state.bytes)
    return f"{state.segments} ({size})" if state.segments else Spools.NOTHING_WAITS()


def _runway(state: State) -> str:
    if state.in_vain:
        return f":red[{Spools.IN_VAIN()}]"
    if state.runway_ms is None:
        return Spools.NO_STREAM()
    return f"{view.span(state.runway_ms)}, {_THEN[state.when_full]()}"


def _silent(node: str) -> dict[str, str]:
    heads = (Words.WAITING, Spools.RUNWAY, Words.UPLOAD_LAG, Spools.UPLOADS, Spools.FREE)
    figures = {head(): "–" for head in (*heads, Spools.MACHINE)}
    return {"": ":gray[●]", Common.NODE(): node, **figures, Spools.TOLD(): Words.NEVER()}


def _clock(state: ntp.ClockState) -> str:
    if not state.synchronised:
        return Spools.NOT_SYNCHRONISED()
    return Spools.OFF_BY(offset=state.offset_ms, most=state.error_ms)


def _machine(health: Health) -> str:
    """Load, memory, temperature, clock and network, as far as the machine tells."""
    busy = "" if health.cpu is None else Spools.BUSY(share=health.cpu)
    told = [busy + Spools.LOAD(load=health.load_1m, cpus=health.cpus)]
    if health.memory_free_bytes is not None:
        told.append(Spools.MEMORY(size=view.size(health.memory_free_bytes)))
    if health.temperature_c is not None:
        told.append(f"{health.temperature_c:.0f} °C")
    if health.throttled:
        told.append(f":red[{', '.join(health.throttled).replace('_', ' ')}]")
    if health.clock is not None:
        told.append(Spools.CLOCK(how=_clock(health.clock)))
    if health.received_bytes_per_s is not None:
        received, sent = health.received_bytes_per_s, health.sent_bytes_per_s or 0
        told.append(Spools.NETWORK(received=received * 8e-6, sent=sent * 8e-6))
    return ", ".join(told)
