"""`livecam status`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from edge.clock import to_iso, to_ms
from edge.errors import LivecamError
from infra.cli import say

T = TypeVar("T")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Addresses, nodes, cameras and what is set aside, as far as each can be told.

    Example: livecam status --json
    """
    from flows.config_file import whole as config
    from flows.site import open_site

    found = gather(config.load().flows, open_site)
    if as_json:
        say(found)
    else:
        _print(found)


def gather(settings: Any, opening: Callable[[Any], Any]) -> dict[str, Any]:
    """What `--json` prints. What cannot be asked is left empty, and `trouble` says why."""
    from edge.home import Home

    home, trouble = Home.from_environment(), list[str]()
    addresses = _addresses(home, settings)
    api = f"{addresses['prefect']}/api" if addresses["prefect"] else None
    site = _asked(lambda: opening(settings), trouble)
    spools = (_asked(lambda: _spools(site), trouble) if site else None) or []
    told = {node: _spool(one) for one in spools for node in one.nodes}
    trouble += _not_in_force(home)
    return {
        "addresses": addresses,
        "nodes": [
            {**row, "spool": told.get(row["node"])} for row in _nodes(settings, home, api, trouble)
        ],
        "cameras": (_asked(lambda: _cameras(site, spools), trouble) if site else None) or [],
        "set_aside": (_asked(lambda: _set_aside(site), trouble) if site else None) or [],
        "trouble": trouble,
    }


def _not_in_force(home: Any) -> list[str]:
    """What recorders here say of a livecam.yaml that they cannot take over."""
    from edge import report
    from edge.clock import SystemClock

    found = report.read(home.recorder, SystemClock().utc_ms())
    return [
        f"{one.node} records by an older file: {one.trouble}"
        for one in found.values()
        if one.trouble
    ]


def _asked(question: Callable[[], T], trouble: list[str]) -> T | None:
    try:
        return question()
    except LivecamError as error:
        if str(error) not in trouble:
            trouble.append(str(error))
        return None


def _addresses(home: Any, settings: Any) -> dict[str, str | None]:
    """Of parts that run here; the store's and Prefect's also where another machine has them."""
    from infra.stack import record

    parts = {name: one for name, one in record.parts(home).items() if one.identity.alive}
    here = {name: one.address for name, one in parts.items()}
    elsewhere = settings.prefect.api.removesuffix("/api")
    named = "api" in settings.prefect.model_fields_set
    return {
        "app": here.get("app"),
        "prefect": here.get("prefect") or (elsewhere if named else None),
        "s3": here.get("minio") or settings.store.endpoint,
        "console": f"{here['app']}/minio/" if parts.keys() >= {"app", "minio"} else None,
    }


def _nodes(settings: Any, home: Any, api: str | None, trouble: list[str]) -> list[dict[str, Any]]:
    """Every node and the hub by its workers' newest report.

    Without a server here nobody is asked, and all are down; of one that does not answer,
    nobody knows.
    """
    from edge.clock import SystemClock
    from flows.reach import auth_of
    from flows.runs import Runs

    def workers_now() -> Any:
        return Runs(str(api), auth_of(settings, home)).workers()

    workers = _asked(workers_now, trouble) if api else []
    newest: dict[str, int | None] = dict.fromkeys((*settings.nodes, "hub"))
    for worker in workers or []:
        name = worker.node or "hub"
        newest[name] = max(newest.get(name) or 0, worker.heartbeat_ms or 0) or None
    now_ms = SystemClock().utc_ms()
    return [_node(name, at_ms, now_ms, workers is not None) for name, at_ms in newest.items()]


def _node(name: str, heartbeat_ms: int | None, now_ms: int, known: bool) -> dict[str, Any]:
    from flows.runs import DOWN_AFTER_MS

    age_ms = None if heartbeat_ms is None else max(0, now_ms - heartbeat_ms)
    state = "down" if age_ms is None or age_ms > DOWN_AFTER_MS else "up"
    return {
        "node": name,
        "state": state if known else "unknown",
        "heartbeat_utc": None if heartbeat_ms is None else to_iso(heartbeat_ms),
        "heartbeat_age_s": None if age_ms is None else round(age_ms / 1000, 1),
    }


def _spools(site: Any) -> list[Any]:
    from dashboards.spools import spools

    return spools(site)


def _spool(one: Any) -> dict[str, Any]:
    """A node's spool: as it is where it is this machine's, else as it was `reported_age_s` ago."""
    state = one.state
    lasts_ms = state.runway_ms
    oldest = [c.oldest_ms for c in state.cameras.values() if c.oldest_ms is not None]
    return {
        "here": one.here,
        "reported_utc": to_iso(one.told_ms),
        "reported_age_s": one.age_ms // 1000,
        "stale": one.is_stale,
        "segments": state.segments,
        "bytes": state.bytes,
        "gaps": state.gaps,
        "oldest_utc": to_iso(min(oldest)) if oldest else None,
        "lag_s": state.lag_ms // 1000,
        "free_bytes": state.free_bytes,
        "quota_bytes": state.quota_bytes,
        "when_full": state.when_full,
        "others_fill_disk": state.in_vain,
        "bytes_per_s": round(state.bytes_per_s),
        "runway_h": _hours(lasts_ms),
        "uploaded_per_minute": round(one.per_minute, 1),
        "health": state.health.model_dump(mode="json"),
    }


def _hours(lasts_ms: int | None) -> float | None:
    return None if lasts_ms is None else round(lasts_ms / 3_600_000, 1)


def _cameras(site: Any, spools: list[Any]) -> list[dict[str, Any]]:
    from dashboards import state
    from dashboards.spools import runway_ms

    return [
        {
            "camera": camera.name,
            "node": camera.node,
            "last_segment_utc": None if camera.newest_ms is None else to_iso(camera.newest_ms),
            "last_segment_age_s": None if camera.age_ms is None else camera.age_ms // 1000,
            "spool_segments": camera.waiting.segments,
            "spool_bytes": camera.waiting.bytes,
            "spool_share_bytes": camera.waiting.share_bytes,
            "runway_h": _hours(runway_ms(spools, camera.name)),
            "now": _now(spools, camera.name),
        }
        for camera in state.cameras(site, spools)
    ]


def _now(spools: list[Any], camera: str) -> dict[str, Any] | None:
    """What its recorder told within the last seconds, where that is known."""
    from dashboards.spools import recording

    found = recording(spools, camera)
    return None if found is None else found.model_dump(mode="json")


def _set_aside(site: Any) -> list[dict[str, Any]]:
    from flows.catalogue import read

    wanted = ("id", "stage", "camera", "key", "reason", "attempts")
    rows = read.set_aside(site).iter_rows(named=True)
    return [
        {**{name: row[name] for name in wanted}, "at_utc": to_iso(to_ms(row["at_utc"]))}
        for row in rows
    ]


def _print(found: dict[str, Any]) -> None:
    for name, address in found["addresses"].items():
        click.echo(f"{name:<10}{address or 'not running'}")
    for one in found["nodes"]:
        heard = _ago(one["heartbeat_age_s"], "never heard of")
        click.echo(f"node      {one['node']:<16}{one['state']:<9}{heard}{_of_spool(one['spool'])}")
    for one in found["cameras"]:
        newest = _ago(one["last_segment_age_s"], "no segment yet")
        waiting = f"{one['spool_segments']} waiting" if one["spool_segments"] else ""
        if one["spool_share_bytes"] is not None and one["runway_h"] is not None:
            waiting += f"{', ' if waiting else ''}its share lasts {one['runway_h']} h"
        told = "  ".join(filter(None, (newest, _stream(one["now"]), waiting)))
        click.echo(f"camera    {one['camera']:<16}{one['node']:<9}{told}")
    for one in found["set_aside"]:
        click.echo(f"set aside {one['id']}: {one['reason']}")
    for line in found["trouble"]:
        click.echo(f"trouble   {line}")


def _of_spool(spool: dict[str, Any] | None) -> str:
    if spool is None:
        return ""
    runway = "" if spool["runway_h"] is None else f", room for {spool['runway_h']} h"
    if spool["others_fill_disk"]:
        runway = ", something else fills its disk"
    told = "" if spool["here"] else f" (told {_ago(spool['reported_age_s'], 'never')})"
    return f"  {spool['segments']} waiting{runway}{_clock(spool['health']['clock'])}{told}"


def _clock(state: dict[str, Any] | None) -> str:
    from edge.clocks.ntp import ClockState, words

    return "" if state is None else f", clock {words(ClockState.model_validate(state))}"


def _stream(now: dict[str, Any] | None) -> str:
    if now is None or now["fps"] is None:
        return ""
    if now["mode"] in {"off", "paused"}:
        return str(now["mode"])
    lost = f", {now['lost']} packets lost" if now["lost"] else ""
    stands_in = ", a stand-in: the camera cannot be opened" if now["fallback"] else ""
    rate = f"{now['fps']:.3g} fps, {now['bits_per_s'] / 1e6:.2f} Mbit/s"
    by = ", by motion" if now["mode"] == "motion" else ""
    return f"{rate}{_how(now)}{by}{lost}{stands_in}"


def _how(now: dict[str, Any]) -> str:
    encoder = f" by {now['encoding']['name']}" if now["encoding"] else ""
    return f", {now['rung']}{encoder}" if now["rung"] else ""


def _ago(seconds: float | None, never: str) -> str:
    return never if seconds is None else f"{seconds:.0f} s ago"
