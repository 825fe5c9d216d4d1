"""`/metrics` for Prometheus: the site as whoever asks may see it."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Collection, Iterator, Sequence
from http import HTTPStatus

from anyio import to_thread
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards import state
from dashboards.access.visitor import LOCAL, Role, Visitor
from dashboards.api.gate import visitor
from dashboards.exports import exports_of
from dashboards.exports.book import State
from dashboards.nodes import cameras as configured
from dashboards.nodes.desk import Desk
from edge.errors import LivecamError
from flows.catalogue import coverage
from flows.feed import About, Kind
from flows.notify.outbox import Outbox
from flows.site import Following, Site
from flows.stages.account import accounts_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEY = "key:"  # begins the name of a visitor by key
HOUR_MS = 3_600_000
SHARES_KEPT_S = 60.0
MOST_EXPORTS = 10_000

Labels = tuple[str, ...]
Rows = Sequence[tuple[Labels, float]]


class Requests:
    """Counts what an API was asked, by route and status. ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = str(getattr(scope.get("route"), "path", "none"))
                _asked(scope).labels(scope["method"], route, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, told)


def install(api: FastAPI) -> None:
    """Count an API's requests from now on."""
    api.state.metrics = CollectorRegistry()
    api.state.requests = Counter(
        "livecam_http_requests",
        "Requests to the API.",
        ("method", "route", "status"),
        registry=api.state.metrics,
    )
    api.add_middleware(Requests)


def _asked(scope: Scope) -> Counter:
    found = scope["app"].state.requests
    assert isinstance(found, Counter)
    return found


def metrics(api: FastAPI, following: Following) -> list[Route]:
    """The route beside `/api`: for administrators, and for programs by any key of a viewer's."""
    shares = _Shares()

    async def answer(request: Request) -> Response:
        asking = visitor(request)
        if not (asking.role is Role.ADMIN or asking.name.startswith(KEY) or asking == LOCAL):
            return PlainTextResponse("that wants an administrator or a key\n", HTTPStatus.FORBIDDEN)
        text = await to_thread.run_sync(_text, api, following, asking, shares)
        return Response(text, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return [Route("/metrics", answer)]


def _text(api: FastAPI, following: Following, asking: Visitor, shares: _Shares) -> bytes:
    registry = CollectorRegistry()
    site = api.state.archive.seen_by(asking).site
    registry.register(_OfCameras(site, api.state.desk, shares))
    text = generate_latest(registry)
    if asking.cameras is None:
        registry = CollectorRegistry()
        viewers = api.state.relay.viewers
        registry.register(_OfSite(site, api.state.desk, following, asking, viewers))
        text += generate_latest(registry) + generate_latest(api.state.metrics)
    return text


class _Shares:
    """How much of the last hour each camera recorded: looked up once a minute at most."""

    def __init__(self) -> None:
        self._kept: dict[Collection[str] | None, tuple[float, dict[str, float]]] = {}

    def of(self, site: Site) -> dict[str, float]:
        had = self._kept.get(site.only)
        if had is not None and time.monotonic() - had[0] < SHARES_KEPT_S:
            return had[1]
        end_ms = site.clock.utc_ms()
        found = accounts_of(site, site.cameras, end_ms - HOUR_MS, end_ms)
        shares = {camera: _recorded(stretches) for camera, stretches in found.items()}
        if len(self._kept) > 100:
            self._kept.clear()
        self._kept[site.only] = time.monotonic(), shares
        return shares


def _recorded(found: list[coverage.Stretch]) -> float:
    """Of the time that is known of, the share that was recorded."""
    yet = (coverage.State.AHEAD, coverage.State.NOT_YET, coverage.State.PENDING)
    told = [one for one in found if one.state not in yet]
    whole_ms = sum(one.end_ms - one.start_ms for one in told)
    there = (coverage.State.RECORDED, coverage.State.EXPIRED)
    recorded_ms = sum(one.end_ms - one.start_ms for one in told if one.state in there)
    return round(recorded_ms / whole_ms, 4) if whole_ms else 0.0


class _OfCameras(Collector):
    """What there is of cameras that one may see."""

    def __init__(self, site: Site, desk: Desk, shares: _Shares) -> None:
        self._site, self._desk, self._shares = site, desk, shares

    def collect(self) -> Iterator[Metric]:
        now_ms = self._site.clock.utc_ms()
        found = configured.cameras(self._site, self._desk)
        named = [((one.name, one.node or ""), one) for one in found]
        ages: Rows = [
            (labels, max(now_ms - one.newest_ms, 0) / 1_000)
            for labels, one in named
            if one.newest_ms is not None
        ]
        of = ("camera", "node")
        yield _gauge("livecam_camera_newest_age_seconds", "Age of its newest footage.", of, ages)
        comes: Rows = [
            (labels, float(one.state in ("recording", "resting")))
            for labels, one in named
            if one.state not in ("unknown", "not_configured")
        ]
        yield _gauge("livecam_camera_up", "Whether pictures come from it.", of, comes)
        try:
            shares: Rows = [((name,), one) for name, one in self._shares.of(self._site).items()]
        except LivecamError:
            shares = []
        text = "Of the last hour, as far as it is known."
        yield _gauge("livecam_camera_recorded_ratio", text, ("camera",), shares)
        yield self._nodes(now_ms)
        yield self._events()

    def _nodes(self, now_ms: int) -> Metric:
        own = {self._site.settings.node_of(camera) for camera in self._site.cameras}
        heard = self._desk.book.heard()
        rows: Rows = [
            ((name,), float(name in heard and not heard[name].is_down(now_ms)))
            for name in self._site.settings.nodes
            if self._site.only is None or name in own
        ]
        return _gauge("livecam_node_up", "Heard within the last 15 s.", ("node",), rows)

    def _events(self) -> Metric:
        family = CounterMetricFamily(
            "livecam_events", "Events that became known.", labels=("camera", "label")
        )
        for kind, cameras, label, count in self._desk.feed.totals():
            if kind is Kind.EVENT and all(map(self._site.sees, cameras)):
                family.add_metric((*cameras, label), count)
        return family


class _OfSite(Collector):
    """What counts everything, for who may see all."""

    def __init__(
        self, site: Site, desk: Desk, following: Following, asking: Visitor, viewers: int
    ) -> None:
        self._site, self._desk, self._asking = site, desk, asking
        self._following, self._viewers = following, viewers

    def collect(self) -> Iterator[Metric]:
        beats = {name: one.beat for name, one in self._desk.book.heard().items()}
        of = ("node",)
        waiting: Rows = [((name,), beat.bytes) for name, beat in beats.items()]
        yield _gauge("livecam_spool_bytes", "Waiting for upload.", of, waiting)
        segments: Rows = [((name,), beat.segments) for name, beat in beats.items()]
        yield _gauge("livecam_spool_segments", "Waiting for upload.", of, segments)
        room: Rows = [((n,), b.room_bytes) for n, b in beats.items() if b.room_bytes is not None]
        yield _gauge("livecam_spool_room_bytes", "What the spool may still take.", of, room)
        yield from self._store()
        yield _gauge("livecam_live_viewers", "Who watches, by camera.", (), [((), self._viewers)])
        yield self._exports()
        yield from self._notifications()

    def _store(self) -> Iterator[Metric]:
        down = bool(self._desk.feed.troubled(About.STORE))
        yield _gauge("livecam_store_up", "Whether it answers.", (), [((), float(not down))])
        try:
            room = state.room(self._site, [])
        except OSError:
            room = None
        if room is not None:
            free, total = [((), float(room.free_bytes))], [((), float(room.total_bytes))]
            yield _gauge("livecam_store_free_bytes", "Of the store's disk.", (), free)
            yield _gauge("livecam_store_total_bytes", "Of the store's disk.", (), total)

    def _exports(self) -> Metric:
        found = exports_of(self._following).book.newest(self._asking, MOST_EXPORTS)
        counts = Tally(one.state for one in found)
        rows: Rows = [((one.value,), float(counts[one])) for one in State]
        return _gauge("livecam_exports", "Exports there are.", ("state",), rows)

    def _notifications(self) -> Iterator[Metric]:
        found = Outbox(self._desk.home, self._desk.clock).counted()
        for name, count in (("sent", found.sent), ("failed", found.failed)):
            family = CounterMetricFamily(f"livecam_notifications_{name}", f"Messages {name}.")
            family.add_metric((), count)
            yield family
        waiting: Rows = [((), float(found.waiting))]
        yield _gauge("livecam_notifications_waiting", "Messages not sent yet.", (), waiting)


def _gauge(name: str, text: str, labels: Labels, rows: Rows) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family
