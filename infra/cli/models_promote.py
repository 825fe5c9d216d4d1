"""`livecam models promote` and `demote`: which model answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from edge.errors import BadModel, BadName
from flows.catalogue.preferred import Model
from flows.config_file import whole as config
from flows.site import Site, open_site
from infra.cli import note, say

_CAMERAS = click.option("--cameras", default="", help="Only on these, as gate,yard. [default: all]")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.command()
@click.argument("model")
@_CAMERAS
@_JSON
def promote(model: str, cameras: str, as_json: bool) -> None:
    """Let MODEL (a name, or the beginning of a digest) answer first.

    Searches and pages show its findings from now on wherever it has looked, and new footage is
    analysed by it. Nothing is computed: 'livecam backfill' lets it look at older footage.

    Example: livecam models promote yolox-s --cameras gate,yard
    """
    from flows.stages import promotions

    _point(promotions.promote, "promoted", model, cameras, as_json)


@click.command()
@click.argument("model")
@_CAMERAS
@_JSON
def demote(model: str, cameras: str, as_json: bool) -> None:
    """Show MODEL's findings no more; they are kept, and promoting it brings them back.

    Example: livecam models demote yolox-s
    """
    from flows.stages import promotions

    _point(promotions.demote, "demoted", model, cameras, as_json)


def _point(
    move: Callable[[Site, Model, Sequence[str]], None],
    done: str,
    word: str,
    cameras: str,
    as_json: bool,
) -> None:
    from flows.catalogue import read

    site = open_site(config.load().flows)
    model, chosen = named(site, word), listed(cameras)
    move(site, model, chosen)
    if as_json:
        say({"model": model.name, "sha256": model.digest, "cameras": chosen, "did": done})
        return
    click.echo(f"{done} {model.name} ({model.digest[:12]}) on {', '.join(chosen) or 'all cameras'}")
    unknown = sorted(set(chosen) - {*read.cameras(site), *site.settings.camera_nodes})
    if unknown:
        note(f"no footage of {', '.join(unknown)} yet")


def listed(names: str) -> list[str]:
    """`gate,yard` as a list."""
    return [one.strip() for one in names.split(",") if one.strip()]


def named(site: Site, word: str) -> Model:
    """The model of a name or digest: one that looked at footage, or one of the registry's."""
    from flows.stages.promotions import find_model

    return find_model(site, word, _registered(site, word))


def _registered(site: Site, word: str) -> list[Model]:
    from flows.vision import registry
    from flows.vision.hog import HogDetector

    if word == registry.HOG:
        return [Model(word, HogDetector().digest)]
    try:
        found: Any = registry.described(site.home.models, word, site.store)
    except (BadModel, BadName):
        return []
    return [Model(found.name, found.sha256)]
