"""The models that there are: a descriptor beside its weights, here and in the site's store.

`<name>.json` in the models folder says what `<sha256>.onnx` there is. Pinned models need no
descriptor, and `hog` needs no file. Weights are written first and deleted last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.errors import BadModel, BadName
from edge.segment import check_name
from flows.store import ObjectStore
from flows.vision import models, shared_models
from flows.vision.coco import COCO, spelled
from flows.vision.descriptor import LARGEST_TEXT, DecoderName, Model, made, parse
from flows.vision.latency import Measured
from flows.vision.model_files import write, writing
from flows.vision.shared_models import refuse_other
from flows.vision.weights import kind_of, read_weights

HOG = "hog"
PINNED = {model.name: model for model in models.MODELS}
_TRIAL = (360, 640, 3)


def load(
    models_dir: Path, name: str, store: ObjectStore | None = None, *, threads: int = 1
) -> Measured:
    """The detector of that name, its weights fetched from the store where they are not here.

    What the store says of a name outranks what this machine does. Raises BadModel where there
    is no such model or it is not what it claims, and the store's Retryable failures.
    """
    if name == HOG:
        from flows.vision.hog import HogDetector

        return HogDetector()
    from flows.vision.objects import NetworkDetector

    model = described(models_dir, name, store)
    return NetworkDetector(weights(models_dir, model, store), model, threads=threads)


def own(models_dir: Path, store: ObjectStore, *, threads: int = 1) -> Measured:
    """What looks where nothing else is said: FastestDet, from here or the store, else HOG.

    So a worker that joins a site looks with what the others look with. Raises BadModel for
    other bytes than FastestDet's, and the store's Retryable failures.
    """
    pinned = models.FASTESTDET
    if models.find(models_dir, pinned) is None:
        shared_models.fetch(store, pinned, models_dir)
    return models.best_detector(models_dir, threads=threads)


def default(models_dir: Path) -> str:
    """The name of the model that answers where nothing else is said. Raises BadModel."""
    return models.FASTESTDET.name if models.find(models_dir) else HOG


def described(models_dir: Path, name: str, store: ObjectStore | None = None) -> Model:
    """What the model of that name is. Raises BadModel where there is none, or it is damaged."""
    check_name(name, "model")
    shared = shared_models.described(store, name) if store else None
    model = shared or PINNED.get(name) or _local(models_dir, name)
    if model is None:
        known = ", ".join([HOG, *PINNED, *names(models_dir)])
        hint = f"Here are: {known}. 'livecam models add' adds one"
        raise BadModel(f"there is no model {name!r}", path=_descriptor(models_dir, name), hint=hint)
    return model


def weights(models_dir: Path, model: Model, store: ObjectStore | None = None) -> Path:
    """The model's file, fetched from the store where it is not here. Raises BadModel.

    What is here is not looked into: whoever opens it does.
    """
    path = here(models_dir, model)
    if path is not None:
        return path
    fetched = shared_models.fetch(store, model, models_dir) if store else None
    if fetched is not None:
        return fetched
    raise BadModel(
        f"the file of the model {model.name} is not here",
        path=models_dir / model.file,
        hint=f"'livecam models pull {model.name}' fetches it",
    )


def here(models_dir: Path, model: Model) -> Path | None:
    """Where on this machine the model's file lies; None where it does not."""
    if model == PINNED.get(model.name):
        return models.find(models_dir, model)
    path = models_dir / model.file
    return path if path.is_file() else None


def names(models_dir: Path) -> list[str]:
    """The names of the models that were added here, in order; pinned ones need not be."""
    return sorted(path.stem for path in models_dir.glob("[a-z0-9]*.json"))


def add(
    models_dir: Path,
    file: Path,
    *,
    name: str,
    decoder: DecoderName,
    licence: str,
    classes: Sequence[str] = COCO,
    side: int | None = None,
    store: ObjectStore | None = None,
) -> Model:
    """Take a network's file into the models, and into the site's; repeating it changes nothing.

    `side` is needed only where the network takes pictures of any size. The network is opened
    and asked once before anything is written. Raises BadModel for what it refuses, BadName for
    a name that is not allowed.
    """
    from flows.vision.objects import NetworkDetector, input_side

    if check_name(name, "model") in {HOG, *PINNED}:
        raise BadName(f"{name!r} is the name of a model that comes with Livecam")
    found = input_side(file) or side
    if found is None:
        hint = "Say --side 640, or what it was trained with"
        raise BadModel(f"{file.name} takes pictures of any size", path=file, hint=hint)
    data = read_weights(file)
    model = _model(data, name, decoder, licence, classes, found)
    refuse_other(_local(models_dir, name), model)
    NetworkDetector(file, model).detect(np.full(_TRIAL, 114, np.uint8))
    write(models_dir / model.file, data)
    write(_descriptor(models_dir, name), model.text())
    if store is not None:
        shared_models.put(store, model, models_dir / model.file)
    return model


def remove(models_dir: Path, name: str, store: ObjectStore | None = None) -> None:
    """Take a model from this machine and the site; what it found stays.

    Raises BadModel where there is none. Copies on other machines stay theirs.
    """
    if name == HOG:
        raise BadModel("hog has no file that could be removed")
    check_name(name, "model")
    descriptor = _descriptor(models_dir, name)
    shared = store is not None and shared_models.drop(store, name)
    file = _file_of(models_dir, name)
    if not shared and not descriptor.is_file() and not (file and file.is_file()):
        raise BadModel(f"there is no model {name!r}", path=descriptor)
    with writing(descriptor):
        descriptor.unlink(missing_ok=True)
        if file and file not in {_file_of(models_dir, other) for other in names(models_dir)}:
            file.unlink(missing_ok=True)


def _file_of(models_dir: Path, name: str) -> Path | None:
    """The file that a descriptor here leads to; None where there is none, or it is damaged."""
    try:
        model = PINNED.get(name) or _local(models_dir, name)
    except BadModel:
        return None
    return models_dir / model.file if model else None


def _local(models_dir: Path, name: str) -> Model | None:
    path = _descriptor(models_dir, name)
    try:
        with path.open("rb") as file:
            model = parse(file.read(LARGEST_TEXT), path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadModel(f"{path.name} can't be read: {error.strerror}", path=path) from error
    if model.name != name:
        raise BadModel(f"{path.name} tells of the model {model.name!r}", path=path)
    return model


def _descriptor(models_dir: Path, name: str) -> Path:
    return models_dir / f"{name}.json"


def _model(
    data: bytes, name: str, decoder: DecoderName, licence: str, classes: Sequence[str], side: int
) -> Model:
    digest = hashlib.sha256(data).hexdigest()
    told = {
        "name": name,
        "sha256": digest,
        "file": f"{digest}.{kind_of(data)}",
        "size_bytes": len(data),
        "licence": licence,
        "decoder": decoder,
        "side": side,
        "classes": tuple(spelled(label) for label in classes),
    }
    return made(told, name)
