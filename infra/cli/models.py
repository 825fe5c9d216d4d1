"""`livecam models`: what analysis finds objects with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import click

from edge.errors import BadModel, BadName
from edge.home import Home
from flows.vision import registry
from infra.cli import note, say
from infra.cli.models_bench import bench
from infra.cli.models_change import add, hog_row, pull, remove, row
from infra.cli.models_compare import compare
from infra.cli.models_promote import demote, promote
from infra.cli.models_store import Shared
from infra.cli.models_use import use


@click.group()
def models() -> None:
    """List, add, fetch, choose and measure detection models.

    Without one, OpenCV's people detector (hog) serves.

    Example: livecam models pull
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model.")
def list_(as_json: bool) -> None:
    """Show each model, its licence and digest, how it is read, and where its file lies.

    Example: livecam models list --json
    """
    home = Home.from_environment()
    rows = list(_rows(home, Shared.open(home)))
    if as_json:
        say(rows)
        return
    for one in rows:
        click.echo("\n  ".join(_lines(one)))


for command in (add, pull, remove, use, bench, promote, demote, compare):
    models.add_command(command)


def _rows(home: Home, shared: Shared) -> Iterator[dict[str, Any]]:
    names, current = _names(home, shared), shared.current(home)
    for name in names:
        try:
            told = _row(home, shared, name)
        except (BadModel, BadName) as error:  # one damaged model hides none of the others
            note(str(error))
        else:
            yield {**told, "current": told["sha256"] == current}


def _row(home: Home, shared: Shared, name: str) -> dict[str, Any]:
    if name == registry.HOG:
        return hog_row()
    model = registry.described(home.models, name, shared.store)
    path = registry.here(home.models, model)
    where = _where(here=path is not None, stored=shared.has(model))
    return {**row(model, path), "where": where}


def _names(home: Home, shared: Shared) -> Iterable[str]:
    every = [*registry.PINNED, *registry.names(home.models), *shared.names(), registry.HOG]
    return dict.fromkeys(every)


def _where(*, here: bool, stored: bool) -> str | None:
    places = [place for place, found in (("here", here), ("store", stored)) if found]
    return " and ".join(places) or None


def _lines(told: dict[str, Any]) -> Iterator[str]:
    fetch = "livecam models pull" + f" {told['name']}" * (told["where"] is not None)
    where = told["path"] or (told["where"] if told["size_bytes"] is None else f"not here: {fetch}")
    yield f"{told['name']}  {told['licence']}  {where}" + "  (current)" * told["current"]
    yield f"sha256 {told['sha256']}"
    classes = ", ".join(told["classes"][:5]) + ", …" * (len(told["classes"]) > 5)
    side = f" {told['side']}×{told['side']}," if told["side"] else ""
    count = f"{len(told['classes'])} class" + "es" * (len(told["classes"]) > 1)
    yield f"{told['decoder']},{side} {count}: {classes}"
    yield f"where: {told['where'] or 'nowhere yet'}"
