import hashlib
from pathlib import Path

import pytest

from edge.errors import BadModel
from flows.vision import models
from flows.vision.descriptor import Model
from flows.vision.hog import HogDetector

WEIGHTS = b"weights"


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A model published at a file address."""
    published = tmp_path / "published.onnx"
    published.write_bytes(WEIGHTS)
    return Model(
        name="tiny",
        file="tiny.onnx",
        sha256=hashlib.sha256(WEIGHTS).hexdigest(),
        size_bytes=len(WEIGHTS),
        licence="none",
        decoder="fastestdet",
        side=352,
        classes=("person",),
        url=published.as_uri(),
    )


def test_a_pulled_model_is_found_and_pulled_once(tmp_path: Path, model: Model) -> None:
    folder = tmp_path / "models"
    assert models.find(folder, model) is None
    path = models.pull(folder, model)
    assert models.find(folder, model) == path
    unreachable = model.model_copy(update={"url": "file:///nowhere"})
    assert models.pull(folder, unreachable) == path


def test_other_bytes_than_pinned_are_refused_and_leave_no_file(
    tmp_path: Path, model: Model
) -> None:
    folder = tmp_path / "models"
    with pytest.raises(BadModel, match="SHA-256"):
        models.pull(folder, model.model_copy(update={"sha256": "0" * 64}))
    assert list(folder.iterdir()) == []


def test_a_file_with_another_digest_is_refused_by_name(tmp_path: Path, model: Model) -> None:
    (tmp_path / model.file).write_bytes(b"other weights")
    with pytest.raises(BadModel, match=r"tiny\.onnx is not tiny") as caught:
        models.find(tmp_path, model)
    assert "livecam models pull" in str(caught.value)


def test_an_address_out_of_reach_says_where_to_put_the_file(tmp_path: Path, model: Model) -> None:
    with pytest.raises(BadModel, match=r"tiny\.onnx"):
        models.pull(
            tmp_path / "models", model.model_copy(update={"url": "file:///nowhere/tiny.onnx"})
        )


def test_without_a_model_the_detector_without_weights_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_BESIDE", tmp_path)
    assert isinstance(models.best_detector(tmp_path), HogDetector)
