"""Every node's spool: this machine's own as it is, the others' as they told last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from edge.receipt import State, Waiting
from edge.report import CameraReport
from edge.spool import Spool
from flows.site import Site
from flows.stages import tell
from flows.stages.nodes import About, Fact, newest

# Nodes tell every minute, the hub listens every half: one that says nothing for longer than
# this does not tell at all.
STALE_MS = 180_000


@dataclass(frozen=True, slots=True)
class SpoolState:
    """One spool; `told_ms` is when its state arrived, `age_ms` how long ago that was.

    `nodes` are those that record into it, none where it holds but imported footage. This
    machine's own (`here`) is read as it is now.
    """

    nodes: tuple[str, ...]
    state: State
    told_ms: int
    age_ms: int
    here: bool = False

    @property
    def is_stale(self) -> bool:
        """Whether this tells how it was, rather than how it is."""
        return self.age_ms > STALE_MS

    @property
    def per_minute(self) -> float:
        """Segments uploaded a minute, lately."""
        over_ms = self.state.over_ms
        return self.state.uploaded_segments * 60_000 / over_ms if over_ms else 0.0


def spools(site: Site) -> list[SpoolState]:
    """This machine's spool, then those of configured nodes elsewhere that ever told of theirs.

    Of cameras that may not be seen nothing, nor of spools that hold no others.
    """
    now_ms = site.clock.utc_ms()
    told = newest(site, About.STATE)
    own = _own(site, told, now_ms)
    elsewhere = set(site.settings.nodes) & set(told) - set(own.nodes if own else ())
    others = (_owned(site, _told(node, told[node], now_ms)) for node in sorted(elsewhere))
    found = [*filter(None, [own]), *others]
    return found if site.only is None else [_seen(site, one) for one in found if _shown(site, one)]


def waiting(found: Iterable[SpoolState], camera: str) -> Waiting:
    """What waits of a camera in all spools."""
    each = [one.state.cameras[camera] for one in found if camera in one.state.cameras]
    oldest = min((one.oldest_ms for one in each if one.oldest_ms is not None), default=None)
    return Waiting(
        segments=sum(one.segments for one in each),
        bytes=sum(one.bytes for one in each),
        oldest_ms=oldest,
        share_bytes=next((one.share_bytes for one in each if one.share_bytes is not None), None),
        bytes_per_s=sum(one.bytes_per_s for one in each),
    )


def runway_ms(found: Iterable[SpoolState], camera: str) -> int | None:
    """How long there is room for a camera's stream; None where none is known."""
    each = (one.state.runway_ms_of(camera) for one in found)
    return min((lasts_ms for lasts_ms in each if lasts_ms is not None), default=None)


def recording(found: Iterable[SpoolState], camera: str) -> CameraReport | None:
    """How a camera fares now; None where no node has told so lately."""
    fresh = (one.state.recording for one in found if not one.is_stale)
    return next((each[camera] for each in fresh if camera in each), None)


def stands_in(found: Iterable[SpoolState], camera: str) -> bool:
    """Whether a drawn stand-in is recorded now, since the camera cannot be opened."""
    now = recording(found, camera)
    return now is not None and now.fallback


def rests(found: Iterable[SpoolState], camera: str) -> bool:
    """Whether its recorder says that nothing is wanted of a camera now: off, or nothing moves."""
    now = recording(found, camera)
    if now is None or not now.rests or now.fallback:
        return False
    return bool(now.fps) or not now.mode.connects


def _told(node: str, fact: Fact, now_ms: int) -> SpoolState:
    state = State.model_validate({k: v for k, v in fact.items() if k != "received_ms"})
    at_ms = int(fact["received_ms"])
    return SpoolState((node,), state, at_ms, max(now_ms - at_ms, 0))


def _owned(site: Site, one: SpoolState) -> SpoolState:
    """Without what a node says of cameras that are another's (C6)."""
    own = (None, *one.nodes)
    state = one.state
    cameras = {c: w for c, w in state.cameras.items() if site.settings.node_of(c) in own}
    fares = {c: r for c, r in state.recording.items() if site.settings.node_of(c) in own}
    return replace(one, state=state.model_copy(update={"cameras": cameras, "recording": fares}))


def nodes_seen(site: Site) -> set[str]:
    """The configured nodes of cameras that whoever asks may see; all for whoever may see all."""
    if site.only is None:
        return set(site.settings.nodes)
    return {node for camera in site.cameras if (node := site.settings.node_of(camera))}


def _shown(site: Site, one: SpoolState) -> bool:
    state = one.state
    held = {*state.cameras, *state.recording}
    return any(map(site.sees, held)) or not nodes_seen(site).isdisjoint(one.nodes)


def _seen(site: Site, one: SpoolState) -> SpoolState:
    """Without what it tells of cameras that may not be seen, and counts that hold them."""
    state = one.state
    told = {
        "cameras": {name: it for name, it in state.cameras.items() if site.sees(name)},
        "recording": {name: it for name, it in state.recording.items() if site.sees(name)},
        **dict.fromkeys(("gaps", "uploaded_segments", "uploaded_bytes", "over_ms"), 0),
    }
    return replace(one, state=state.model_copy(update=told))


def _own(site: Site, told: Mapping[str, Fact], now_ms: int) -> SpoolState | None:
    """This machine's, read as it is; None where nothing is recorded here and nothing waits."""
    if not (site.home.spool / "sealed").is_dir():
        return None
    spool = Spool(site.home.spool, (site.settings.nodes or ("local",))[0], site.clock)
    nodes = _recorded_here(site, spool)
    told_here = tell.Told.load(tell.path_of(site))
    state = tell.state_of(spool, told_here, now_ms, now_ms, site.home.recorder)
    if not nodes and not state.segments:
        return None
    lately = next((_told(node, told[node], now_ms) for node in nodes if node in told), None)
    if lately is not None and not lately.is_stale:
        of_uploads = ("uploaded_segments", "uploaded_bytes", "over_ms")
        state = state.model_copy(update={name: getattr(lately.state, name) for name in of_uploads})
    return SpoolState(nodes, state, now_ms, 0, here=True)


def _recorded_here(site: Site, spool: Spool) -> tuple[str, ...]:
    """Nodes whose cameras a recorder here accounted for; alone, this machine is its only node."""
    if site.settings.nodes in ((), ("local",)):
        return ("local",)
    nodes = (site.settings.node_of(camera) for camera in spool.recorded_here())
    return tuple(sorted({node for node in nodes if node}))
