"""`livecam models add`, `pull` and `remove`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from edge.errors import BadModel, StoreRefused, StoreUnavailable
from edge.home import Home
from flows.store import ObjectStore
from flows.vision import models as pinned
from flows.vision import registry, shared_models
from flows.vision.coco import COCO
from flows.vision.descriptor import DecoderName, Model
from flows.vision.hog import HogDetector
from infra.cli import note, say
from infra.cli.models_store import site_store

_LARGEST_LIST = 1_000_000


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="What rows and commands call it: a-z, 0-9 and '-'.")
@click.option(
    "--decoder",
    required=True,
    type=click.Choice(get_args(DecoderName)),
    help="How its answers are read.",
)
@click.option("--licence", required=True, help="Its weights' licence, as an SPDX name.")
@click.option("--classes", help="A file of labels, one a line, or person,car. [default: COCO's 80]")
@click.option("--side", type=click.IntRange(32, 4096), help="Only where the network takes any.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def add(
    file: Path,
    name: str,
    decoder: DecoderName,
    licence: str,
    classes: str | None,
    side: int | None,
    as_json: bool,
) -> None:
    """Add an ONNX network: opened and tried first, then kept here and in the site's store.

    Refused are files with weights in other files, with operators of their own, over 512 MB, or
    with other shapes than the decoder reads.

    Example: livecam models add yolox_s.onnx --name yolox-s --decoder yolox --licence Apache-2.0
    """
    home = Home.from_environment()
    model = registry.add(
        home.models,
        file,
        name=name,
        decoder=decoder,
        licence=licence,
        classes=_classes(classes),
        side=side,
        store=site_store(home),
    )
    _show(model, home.models / model.file, as_json)
    if "AGPL" in licence.upper():
        note(f"{licence}: whoever uses it over a network may ask for the source of what runs it")


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model.")
def pull(name: str | None, as_json: bool) -> None:
    """Fetch a model from the site's store, or the pinned ones from their public addresses.

    Each file's digest is checked. Pinned ones are put into the site's store as well.

    Example: livecam models pull
    """
    home = Home.from_environment()
    store = site_store(home)
    if name is not None and name not in registry.PINNED:
        model = registry.described(home.models, name, store)
        _show(model, registry.weights(home.models, model, store), as_json)
        return
    for model in [registry.PINNED[name]] if name else pinned.MODELS:
        path = _stored(home, store, model) or pinned.pull(home.models, model)
        _show(model, path, as_json)
        if store is not None:
            _share(store, model, path)


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def remove(name: str, as_json: bool) -> None:
    """Remove a model here and from the site's store; what it found stays.

    Example: livecam models remove yolox-s
    """
    home = Home.from_environment()
    registry.remove(home.models, name, site_store(home))
    if as_json:
        say({"name": name, "removed": True})
    else:
        click.echo(f"removed {name}")


def _stored(home: Home, store: ObjectStore | None, model: Model) -> Path | None:
    """A pinned model that is not here, from the site's store: that may be all that is in reach."""
    if store is None or (home.models / model.file).is_file():
        return None
    try:
        return shared_models.fetch(store, model, home.models)
    except (StoreUnavailable, StoreRefused):
        return None  # told of when it is to be put there


def _share(store: ObjectStore, model: Model, path: Path) -> None:
    try:
        shared_models.put_weights(store, model, path)
    except (StoreUnavailable, StoreRefused) as error:
        note(f"{model.name} is here, but not in the site's store: {error}")


def _classes(told: str | None) -> list[str]:
    """Labels of a file, one a line, or of a list with commas."""
    if told is None:
        return list(COCO)
    path = Path(told)
    if "," not in told and path.is_file():
        return _lines(path)
    labels = [label.strip() for label in told.split(",")]
    if len(labels) == 1 and path.suffix:
        raise BadModel(f"there is no file of labels {told!r}", path=path)
    return [label for label in labels if label]


def _lines(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LARGEST_LIST)
    except (OSError, UnicodeDecodeError) as error:
        raise BadModel(f"{path.name} is no list of labels: {error}", path=path) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _show(model: Model, path: Path, as_json: bool) -> None:
    if as_json:
        say(row(model, path))
        return
    click.echo(f"{model.name}  {model.licence}  {path}\n  sha256 {model.sha256}")


def row(model: Model, path: Path | None) -> dict[str, Any]:
    """What a model is and where its file lies, as the commands tell it."""
    return {
        "name": model.name,
        "licence": model.licence,
        "sha256": model.sha256,
        "size_bytes": model.size_bytes,
        "url": model.url or None,
        "path": str(path) if path else None,
        "decoder": model.decoder,
        "side": model.side,
        "classes": list(model.classes),
    }


def hog_row() -> dict[str, Any]:
    """The same of the detector that has no file."""
    return {
        "name": registry.HOG,
        "licence": "Apache-2.0",  # OpenCV's own
        "sha256": HogDetector().digest,
        "size_bytes": None,
        "url": None,
        "path": None,
        "decoder": "hog",
        "side": None,
        "classes": ["person"],
        "where": "built in",
    }
