"""The site: its configuration, Prefect, and what waits in this node's spool."""

from __future__ import annotations

from collections.abc import Iterator

from edge.clock import Clock
from edge.clocks import ntp
from edge.errors import LivecamError, Retryable
from edge.home import Home
from edge.spool import Spool
from flows.config_file import whole as configuration
from flows.config_file.whole import Config
from infra.checks import Check, fail, machine, ok, pi, warn
from infra.checks.clock import clock as clock_check
from infra.checks.nodes import nodes
from infra.checks.room import room
from infra.checks.store import store
from infra.stack import record

LATE_MS = 10 * 60_000
DEFAULT_APP = "http://127.0.0.1:8080"


def everything(home: Home, clock: Clock, app: str | None = None) -> Iterator[Check]:
    """Every check, the cheap ones first; those that need a configuration only with one."""
    yield machine.python()
    yield machine.packages()
    yield from machine.home(home)
    yield clock_check(ntp.read())
    yield machine.encoder()
    yield machine.encoding(clock)
    yield from pi.checks()
    yield machine.model(home)
    try:
        config = configuration.load()
    except LivecamError as error:
        yield fail("configuration", error.message, error.hint)
        return
    yield _configuration(config)
    own_server = config.flows.store.own
    yield machine.minio_program(needed=own_server)
    yield from store(config.flows.store, home, clock, app or _app(home))
    yield prefect(config, home)
    yield from nodes(config)
    yield spool(home, clock)
    yield room(home, clock)


def _app(home: Home) -> str:
    running = record.read(home, record.ADDRESSES) or {}
    return str(running.get("app") or DEFAULT_APP)


def _configuration(config: Config) -> Check:
    if config.path is None:
        return ok("configuration", "none here: the defaults hold")
    cameras, nodes = len(config.cameras), len(config.nodes)
    told = f"{config.path}: cameras: {cameras}, nodes: {nodes}"
    idle = [n for n in config.nodes if all(c.node != n for c in config.cameras.values())]
    if cameras and idle:
        return warn("configuration", f"{told}; no camera names node {', '.join(idle)}")
    return ok("configuration", told)


def prefect(config: Config, home: Home) -> Check:
    """Whether the server answers; without a configuration nothing needs it."""
    from flows.runs import Runs, api_of

    api = api_of(config.flows, home)
    try:
        deployments = Runs.of(config.flows, home).deployments()
    except Retryable as error:
        if config.path is None:
            return ok("prefect", "not running; 'livecam up' and 'livecam demo' start it")
        return warn("prefect", error.message, error.hint)
    return ok("prefect", f"{api}; deployments: {len(deployments)}")


def spool(home: Home, clock: Clock) -> Check:
    """How much waits for upload, and since when."""
    if not home.spool.is_dir():
        return ok("spool", "nothing was recorded here yet")
    depth = Spool(home.spool, "doctor", clock).depth()
    told = f"{depth.segments} segments and {depth.gaps} gaps wait for upload"
    apart = sum(1 for path in (home.spool / "quarantine").rglob("*") if path.is_file())
    if apart:
        told += f"; {apart} files in quarantine"
    age_ms = clock.utc_ms() - (depth.oldest_ms or clock.utc_ms())
    if age_ms > LATE_MS:
        told += f", the oldest for {age_ms // 60_000} min"
        return warn("spool", told, "Is the upload worker running, and the store in reach?")
    return (
        warn("spool", told, f"Look into {home.spool / 'quarantine'}")
        if apart
        else ok("spool", told)
    )
