"""`livecam models`: what analysis finds objects with."""

from __future__ import annotations

from typing import Any

import click

from edge.home import Home
from flows.vision import models as pinned
from infra.cli import say


@click.group()
def models() -> None:
    """List and pull detection models; without one, OpenCV's people detector serves.

    Example: livecam models pull
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model.")
def list_(as_json: bool) -> None:
    """Show each pinned model, its licence and digest, and where its file lies.

    Example: livecam models list --json
    """
    home = Home.from_environment()
    _show([_row(model, home) for model in pinned.MODELS], as_json)


@models.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model.")
def pull(as_json: bool) -> None:
    """Fetch each pinned model from its public address, its digest checked.

    Example: livecam models pull
    """
    home = Home.from_environment()
    for model in pinned.MODELS:
        pinned.pull(home.models, model)
        _show([_row(model, home)], as_json)


def _row(model: pinned.Model, home: Home) -> dict[str, Any]:
    path = pinned.find(home.models, model)
    return {
        "name": model.name,
        "licence": model.licence,
        "sha256": model.sha256,
        "size_bytes": model.size_bytes,
        "url": model.url,
        "path": str(path) if path else None,
    }


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        say(rows)
        return
    for row in rows:
        where = row["path"] or "not here: livecam models pull"
        click.echo(f"{row['name']}  {row['licence']}  {where}\n  sha256 {row['sha256']}")
