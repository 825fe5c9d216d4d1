"""The pinned models: what each is, where it may be fetched, and that it is the right file."""

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from edge.errors import BadModel
from flows.vision.coco import COCO
from flows.vision.descriptor import Model, other_bytes
from flows.vision.latency import Measured

FASTESTDET = Model(
    name="fastestdet",
    file="fastestdet-352.onnx",
    sha256="31cb14c017fce347cb4c846ec62fdf00d76bb3beecdf4be21e7116ac67feb880",
    size_bytes=998_169,
    licence="BSD-3-Clause",
    decoder="fastestdet",
    side=352,
    classes=COCO,
    # By commit: the digest holds for this one.
    url=(
        "https://raw.githubusercontent.com/dog-qiuqiu/FastestDet/"
        "50473cd155cb088aa4a99e64ff6a4b3c24fa07e1/example/onnx-runtime/FastestDet.onnx"
    ),
)
MODELS = (FASTESTDET,)

# Footage and models that lie beside the clone, where somebody put them for all clones.
_BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
_TIMEOUT_S = 60


def find(models_dir: Path, model: Model = FASTESTDET) -> Path | None:
    """The model's file in `models_dir` or in ../shared/samples, its digest checked; or None.

    Raises BadModel for a file of that name with other bytes.
    """
    for folder in (models_dir, _BESIDE):
        path = folder / model.file
        if path.is_file():
            check(path, model)
            return path
    return None


def check(path: Path, model: Model = FASTESTDET) -> None:
    """Raises BadModel unless the file's SHA-256 is the model's."""
    digest = _digest(path)
    if digest != model.sha256:
        raise other_bytes(path, model, digest)


def pull(models_dir: Path, model: Model = FASTESTDET) -> Path:
    """Fetches the model into `models_dir`; nothing is fetched where it already is.

    The file takes its name only once its digest is right, so a pull cut short leaves none.
    Raises BadModel for other bytes than pinned or an address out of reach.
    """
    path = models_dir / model.file
    if path.is_file():
        check(path, model)
        return path
    models_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=models_dir, prefix=".pull-", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(_fetched(model))
            file.close()
            check(part, model)
            os.replace(part, path)  # noqa: PTH105  says that it replaces
        finally:
            part.unlink(missing_ok=True)
    return path


def best_detector(models_dir: Path, *, threads: int = 1) -> Measured:
    """FastestDet where its file is, else OpenCV's people detector. Raises BadModel."""
    # Here, not above: the one costs the other's import time.
    path = find(models_dir, FASTESTDET)
    if path is None:
        from flows.vision.hog import HogDetector

        return HogDetector()
    from flows.vision.objects import NetworkDetector

    return NetworkDetector(path, FASTESTDET, threads=threads)


def _fetched(model: Model) -> bytes:
    try:
        with urllib.request.urlopen(model.url, timeout=_TIMEOUT_S) as answer:  # noqa: S310
            # One byte more than it should have tells a wrong file without reading all of it.
            data: bytes = answer.read(model.size_bytes + 1)
            return data
    except (urllib.error.URLError, OSError) as error:
        raise BadModel(
            f"{model.name} can't be fetched: {error}",
            hint=f"Put {model.url} into the models folder as {model.file}",
        ) from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
