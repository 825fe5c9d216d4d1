"""`livecam status`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    from flows.site import open_site
    from infra import config

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
    return {
        "addresses": addresses,
        "nodes": _asked(lambda: _nodes(settings, api), trouble) or [],
        "cameras": (_asked(lambda: _cameras(site), trouble) if site else None) or [],
        "set_aside": (_asked(lambda: _set_aside(site), trouble) if site else None) or [],
        "trouble": trouble,
    }


def _asked(question: Callable[[], T], trouble: list[str]) -> T | None:
    try:
        return question()
    except LivecamError as error:
        trouble.append(str(error))
        return None


def _addresses(home: Any, settings: Any) -> dict[str, str | None]:
    """Of parts that run here; the store's and Prefect's also where another machine has them."""
    from infra.stack import record

    here = {name: one.address for name, one in record.parts(home).items() if one.identity.alive}
    elsewhere = settings.prefect.api.removesuffix("/api")
    named = "api" in settings.prefect.model_fields_set
    return {
        "app": here.get("app"),
        "prefect": here.get("prefect") or (elsewhere if named else None),
        "s3": here.get("minio") or settings.store.endpoint,
    }


def _nodes(settings: Any, api: str | None) -> list[dict[str, Any]]:
    """Every node and the hub by its workers' newest report; nobody is asked without a server."""
    from edge.clock import SystemClock
    from flows.runs import Runs

    now_ms = SystemClock().utc_ms()
    newest: dict[str, int | None] = dict.fromkeys((*settings.nodes, "hub"))
    for worker in Runs(api).workers() if api else []:
        name = worker.node or "hub"
        newest[name] = max(newest.get(name) or 0, worker.heartbeat_ms or 0) or None
    return [_node(name, at_ms, now_ms) for name, at_ms in newest.items()]


def _node(name: str, heartbeat_ms: int | None, now_ms: int) -> dict[str, Any]:
    from flows.runs import DOWN_AFTER_MS

    age_ms = None if heartbeat_ms is None else now_ms - heartbeat_ms
    return {
        "node": name,
        "state": "down" if age_ms is None or age_ms > DOWN_AFTER_MS else "up",
        "heartbeat_utc": None if heartbeat_ms is None else to_iso(heartbeat_ms),
        "heartbeat_age_s": None if age_ms is None else round(age_ms / 1000, 1),
    }


def _cameras(site: Any) -> list[dict[str, Any]]:
    from dashboards import state

    return [
        {
            "camera": camera.name,
            "node": camera.node,
            "last_segment_utc": None if camera.newest_ms is None else to_iso(camera.newest_ms),
            "last_segment_age_s": None if camera.age_ms is None else camera.age_ms // 1000,
            "spool_segments": camera.waiting.segments,
            "spool_bytes": camera.waiting.bytes,
        }
        for camera in state.cameras(site, state.spool(site))
    ]


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
    _rows("node", found["nodes"], ("node", "state", "heartbeat_age_s"))
    _rows("camera", found["cameras"], ("camera", "node", "last_segment_age_s", "spool_segments"))
    _rows("set aside", found["set_aside"], ("id", "reason"))
    for line in found["trouble"]:
        click.echo(f"trouble   {line}")


def _rows(what: str, rows: Iterable[dict[str, Any]], columns: Iterable[str]) -> None:
    for row in rows:
        told = (f"{name.replace('_', ' ')} {_said(row[name])}" for name in columns)
        click.echo(f"{what:<10}{', '.join(told)}")


def _said(value: object) -> str:
    return "unknown" if value is None else str(value)
