"""Models in the site's store, so that any worker can open one by its name.

`models/<sha256>.onnx` are weights and `models/<name>.json` says which are that model's. Weights
are created first and deleted last, so a descriptor always leads to them.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from edge.errors import BadModel, ObjectExists, ObjectMissing
from flows.store import LIVECAM, ObjectStore
from flows.vision.descriptor import LARGEST_TEXT, Model, other_bytes, parse
from flows.vision.model_files import arriving, writing

PREFIX = "models/"


def described(store: ObjectStore, name: str) -> Model | None:
    """The site's model of that name; None where it has none. Raises BadModel for a damaged one."""
    key = f"{PREFIX}{name}.json"
    try:
        text = store.read(LIVECAM, key, size=LARGEST_TEXT)
    except ObjectMissing:
        return None
    model = parse(text, key)
    if model.name != name:
        raise BadModel(f"{key} tells of the model {model.name!r}", path=key)
    return model


def names(store: ObjectStore) -> list[str]:
    """The names of the site's models, in order."""
    keys = [found.key.removeprefix(PREFIX) for found in store.list(LIVECAM, PREFIX)]
    return [key.removesuffix(".json") for key in keys if key.endswith(".json")]


def put(store: ObjectStore, model: Model, path: Path) -> None:
    """Give the site a model, whose weights lie at `path`; repeating it changes nothing.

    Raises BadModel where the site has another model of that name.
    """
    refuse_other(described(store, model.name), model)
    put_weights(store, model, path)
    with suppress(ObjectExists):
        text, kind = model.text(), "application/json"
        store.create(LIVECAM, f"{PREFIX}{model.name}.json", text, content_type=kind)
    refuse_other(described(store, model.name), model)  # two may have come at once


def put_weights(store: ObjectStore, model: Model, path: Path) -> None:
    """Give the site a model's weights alone: what a pinned one is, every worker knows."""
    with suppress(ObjectExists):
        store.create(LIVECAM, _weights(model), path, sha256=model.sha256)


def has_weights(store: ObjectStore, model: Model) -> bool:
    """Whether the site's store has the model's weights. Raises BadModel for others there."""
    try:
        size = store.head(LIVECAM, _weights(model)).size_bytes
    except ObjectMissing:
        return False
    if size != model.size_bytes:
        told = f"{size:,} bytes in the store, not {model.size_bytes:,}"
        raise BadModel(f"the weights of {model.name} have {told}", path=_weights(model))
    return True


def fetch(store: ObjectStore, model: Model, models_dir: Path) -> Path | None:
    """The model's weights as a file in `models_dir`, its digest checked; None where it has none.

    Raises BadModel where the site has other bytes than the model's.
    """
    if not has_weights(store, model):
        return None
    path = models_dir / model.file
    with writing(path), arriving(path) as part:
        digest = store.fetch(LIVECAM, _weights(model), part)
        if digest != model.sha256:
            raise other_bytes(path, model, digest)
    return path


def drop(store: ObjectStore, name: str) -> bool:
    """Take a model from the site, and weights that no other model has; whether there was one."""
    if name not in names(store):
        return False
    gone = _weights_of(store, name)
    store.delete(LIVECAM, [(f"{PREFIX}{name}.json", "")])
    if gone and gone not in {_weights_of(store, other) for other in names(store)}:
        store.delete(LIVECAM, [(gone, "")])
    return True


def _weights_of(store: ObjectStore, name: str) -> str | None:
    """The key that a descriptor leads to; None for a damaged one, which leads nowhere."""
    try:
        model = described(store, name)
    except BadModel:
        return None
    return _weights(model) if model else None


def refuse_other(there: Model | None, model: Model) -> None:
    """Raises BadModel where the name is another model's."""
    if there is not None and there != model:
        raise BadModel(
            f"there is another model {model.name!r}, of SHA-256 {there.sha256[:12]}",
            hint=f"Give this one another name, or 'livecam models remove {model.name}' first",
        )


def _weights(model: Model) -> str:
    return f"{PREFIX}{model.sha256}{Path(model.file).suffix}"
