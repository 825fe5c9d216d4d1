"""TorchScript archives: what is refused unopened, and, where PyTorch is, what one finds."""

from __future__ import annotations

import importlib.util
import io
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edge.errors import BadModel
from flows.vision import registry
from flows.vision.decoders import DECODERS
from flows.vision.descriptor import Model
from flows.vision.weights import kind_of, read_weights
from tests.vision.networks import kept

TORCH = importlib.util.find_spec("torch") is not None
SIDE, CLASSES = 64, ("person", "car")
PICTURE = np.full((64, 128, 3), 255, np.uint8)
CODE = "class M(Module):\n  def forward(s: M, x: Tensor) -> Tensor:\n    return {}\n"


def archive(code: str, name: str = "m/code/__torch__.py", **more: bytes) -> bytes:
    """The outline of what `torch.jit.save` writes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for entry, data in {"m/data.pkl": b"\x80", name: code.encode(), **more}.items():
            zipped.writestr(entry, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (CODE.format('torch.from_file("/etc/passwd", False, 9)'), "other files.*: from_file"),
        (CODE.format('ops.aten.save(x, "out")'), "other files or machines: save"),
        (CODE.format('ops.prim.rpc_sync("host", f)'), "other files or machines: rpc_sync"),
        (CODE.format("ops.evil.steal(x)"), r"an operator of its own: evil\.steal"),
    ],
)
@pytest.mark.parametrize("name", ["m/code/__torch__.py", "m/CODE/__torch__/a.PY"])
def test_code_that_reaches_outside_is_refused(
    tmp_path: Path, code: str, told: str, name: str
) -> None:
    with pytest.raises(BadModel, match=rf"yard\.pt calls .*{told}"):
        read_weights(kept(tmp_path, archive(code, name), "yard.pt"))


@pytest.mark.parametrize(
    "weights",
    [
        archive("x = 1", "m/readme.txt"),
        archive("x = 1")[:-30],
        b"PK\x03\x04 no archive",
        archive("#" * 17 * 1024 * 1024),
    ],
    ids=["no code", "torn", "no zip", "too much code"],
)
def test_what_is_no_archive_of_a_network_is_refused(tmp_path: Path, weights: bytes) -> None:
    with pytest.raises(BadModel, match=r"yard\.pt is no TorchScript file"):
        read_weights(kept(tmp_path, weights, "yard.pt"))


def test_plain_operators_pass(tmp_path: Path) -> None:
    weights = archive(CODE.format("ops.prim.data(torch.sigmoid(x))"))
    assert read_weights(kept(tmp_path, weights)) == weights
    assert kind_of(weights) == "torchscript"


def add(folder: Path, file: Path) -> Model:
    return registry.add(
        folder, file, name="yard", decoder="yolov8", licence="MIT", classes=CLASSES, side=SIDE
    )


if TORCH:

    def test_a_torchscript_network_finds_what_it_was_made_to_find(tmp_path: Path) -> None:
        import torch

        answer = np.zeros(DECODERS["yolov8"].shape(SIDE, len(CLASSES)), np.float32)
        answer[0, :4, 5] = (32, 24, 16, 8)

        class Small(torch.nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("answer", torch.from_numpy(answer))

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                """One class' score is the brightness of the middle of the picture."""
                found = self.answer.clone()
                found[0, 5, 5] = 0.9 * x[0, 1, 32, 32]
                return found

        file = tmp_path / "export.pt"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.jit.script(Small().eval()).save(str(file))
        model = add(tmp_path / "models", file)
        assert model.file == f"{model.sha256}.torchscript"
        detector = registry.load(tmp_path / "models", "yard")
        (found,) = detector.detect(PICTURE)
        assert (found.label, round(found.score, 3)) == ("car", 0.9)
        assert found.box.centre == pytest.approx((0.5, 0.25))
        assert detector.detect(PICTURE * 0) == []
        assert detector.provider in detector.why

    def test_an_archive_that_pytorch_does_not_take_is_named(tmp_path: Path) -> None:
        file = kept(tmp_path, archive(CODE.format("x")), "yard.pt")
        with pytest.raises(BadModel, match=r"yard\.pt does not open"):
            add(tmp_path / "models", file)

else:

    def test_without_pytorch_the_extra_is_named(tmp_path: Path) -> None:
        file = kept(tmp_path, archive(CODE.format("x")), "yard.pt")
        with pytest.raises(BadModel, match=r"yard\.pt needs PyTorch.*livecam\[torch\]"):
            add(tmp_path / "models", file)
        assert not (tmp_path / "models").exists()
