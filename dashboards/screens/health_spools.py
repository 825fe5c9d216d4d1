"""The part of Health about spools: what waits where, how long there is room, who tells nothing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards import view
from dashboards.spools import SpoolState
from dashboards.state import CameraState
from edge.clocks import ntp
from edge.health import Health
from edge.quota import WhenFull
from edge.receipt import State
from flows.site import Site


def waiting(found: Sequence[SpoolState]) -> str:
    """How much waits in all spools together."""
    count = sum(one.state.segments for one in found)
    return f"{count} segment{'' if count == 1 else 's'}" if found else "–"


def runway(found: Sequence[SpoolState]) -> str:
    """How long the first spool lasts that will be full, and whether all of it is known."""
    if not found:
        return "no node told of its spool yet"
    size = view.size(sum(one.state.bytes for one in found))
    lasts = [one.state.runway_ms for one in found if one.state.runway_ms is not None]
    stale = sum(one.is_stale for one in found)
    told = f"runway {view.span(min(lasts))}" if lasts else "no stream"
    return f"{size} · {told}" + (f" · {stale} silent" if stale else "")


def of_camera(camera: CameraState, found: Sequence[SpoolState]) -> str:
    """What waits of one camera, with the age of the news where it is old."""
    ages = [one.age_ms for one in found if one.is_stale and camera.name in one.state.cameras]
    if not camera.waiting.segments:
        return ""
    text = f"{camera.waiting.segments} ({view.size(camera.waiting.bytes)})"
    if camera.waiting.share_bytes is not None:
        text += f" of {view.size(camera.waiting.share_bytes)}"
    return f":gray[{text}, {view.span(max(ages))} ago]" if ages else text


def show(site: Site, found: Sequence[SpoolState]) -> None:
    """A row a spool, and one for every node that never told of its own."""
    st.subheader("Spools")
    rows = [_row(one) for one in found]
    known = {node for one in found for node in one.nodes}
    rows += [_silent(node) for node in sorted(set(site.settings.nodes) - known)]
    if not rows:
        st.caption("Nothing waits, and no node has told of its spool yet.")
        return
    st.table(rows, border="horizontal", hide_index=True)
    if any(one.is_stale for one in found):
        st.caption("Grey figures are how a spool was when its node last told.")


def _row(one: SpoolState) -> dict[str, str]:
    state = one.state
    figures = {
        "Waiting": f"{state.segments} ({view.size(state.bytes)})" if state.segments else "nothing",
        "Runway": _runway(state),
        "Upload lag": view.span(state.lag_ms) if state.segments else "none",
        "Uploads": f"{one.per_minute:.3g} a minute" if one.per_minute else "–",
        "Free": view.size(state.free_bytes),
        "Machine": _machine(state.health),
    }
    if one.is_stale:
        figures = {name: f":gray[{text}]" for name, text in figures.items()}
    told = "read here" if one.here else f"{view.span(one.age_ms)} ago"
    return {
        "": ":red[●]" if one.is_stale else ":green[●]",
        "Node": ", ".join(one.nodes) or "this machine",
        **figures,
        "Told": f":red[{told}]" if one.is_stale else told,
    }


_THEN = {
    WhenFull.LOWER: "then the oldest goes",
    WhenFull.OLDEST: "then the oldest goes",
    WhenFull.STOP: "then recording stops",
}


def _runway(state: State) -> str:
    if state.in_vain:
        return ":red[something else fills its disk]"
    if state.runway_ms is None:
        return "no stream"
    return f"{view.span(state.runway_ms)}, {_THEN[state.when_full]}"


def _silent(node: str) -> dict[str, str]:
    figures = dict.fromkeys(("Waiting", "Runway", "Upload lag", "Uploads", "Free", "Machine"), "–")
    return {"": ":gray[●]", "Node": node, **figures, "Told": "never"}


def _machine(health: Health) -> str:
    """Load, memory, temperature, clock and network, as far as the machine tells."""
    busy = "" if health.cpu is None else f"{health.cpu:.0%} busy, "
    told = [f"{busy}load {health.load_1m:.1f} of {health.cpus}"]
    if health.memory_free_bytes is not None:
        told.append(f"{view.size(health.memory_free_bytes)} memory free")
    if health.temperature_c is not None:
        told.append(f"{health.temperature_c:.0f} °C")
    if health.throttled:
        told.append(f":red[{', '.join(health.throttled).replace('_', ' ')}]")
    if health.clock is not None:
        told.append(f"clock {ntp.words(health.clock)}")
    if health.received_bytes_per_s is not None:
        rates = (health.received_bytes_per_s, health.sent_bytes_per_s or 0)
        told.append("network {:.1f} Mbit/s in, {:.1f} out".format(*(r * 8e-6 for r in rates)))
    return ", ".join(told)
