"""Models added, shared through a site's store, found by name, refused and removed."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import pytest

from edge.errors import BadModel, BadName
from flows.store import LIVECAM
from flows.store.folder import FolderStore
from flows.vision import models, registry, shared_models
from flows.vision.descriptor import Model
from flows.vision.hog import HogDetector
from flows.vision.latency import KEPT, Latency, figures
from flows.vision.objects import NetworkDetector
from tests.vision.networks import kept, network

SIDE = 32
CLASSES = ("person", "motorbike")
ANSWER = np.zeros((1, 6, 21), np.float32)
ANSWER[0, :, 0] = (16, 16, 8, 8, 0.1, 0.8)
HALF = ANSWER * np.float32(0.5)
PICTURE = np.zeros((48, 48, 3), np.uint8)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return kept(tmp_path, network(ANSWER, SIDE), "export.onnx")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "store")
    store.prepare()
    return store


def add(folder: Path, file: Path, store: FolderStore | None = None, name: str = "yard") -> Model:
    return registry.add(
        folder, file, name=name, decoder="yolov8", licence="MIT", classes=CLASSES, store=store
    )


def test_an_added_model_opens_by_its_name_and_says_what_it_is(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "models"
    model = add(folder, file)
    assert registry.names(folder) == ["yard"]
    assert registry.described(folder, "yard") == model
    assert (model.side, model.licence, model.size_bytes) == (SIDE, "MIT", file.stat().st_size)
    detector = registry.load(folder, "yard")
    assert isinstance(detector, NetworkDetector)
    assert (detector.name, detector.digest) == ("yard", model.sha256)
    (found,) = detector.detect(PICTURE)
    assert found.label == "motorcycle"  # as COCO spells it
    assert detector.latency.count == 1
    assert sorted(p.name for p in folder.iterdir()) == [model.file, "yard.json"]


def test_adding_twice_changes_nothing_and_another_file_is_refused(
    tmp_path: Path, file: Path
) -> None:
    folder = tmp_path / "models"
    assert add(folder, file) == add(folder, file)
    other = kept(tmp_path, network(HALF, SIDE), "other.onnx")
    with pytest.raises(BadModel, match="another model 'yard'"):
        add(folder, other)
    assert add(folder, other, name="yard-2").name == "yard-2"


@pytest.mark.parametrize("name", ["hog", "fastestdet", "../up", "Yard", ""])
def test_names_that_are_taken_or_lead_elsewhere_are_refused(
    tmp_path: Path, file: Path, name: str
) -> None:
    with pytest.raises(BadName):
        add(tmp_path / "models", file, name=name)


def test_a_network_that_answers_something_else_leaves_nothing(tmp_path: Path) -> None:
    """Its shapes are open, so only its first answer tells."""
    wrong = network(np.zeros((1, 9, 21), np.float32), SIDE, claims=(1, "a", "b"))
    with pytest.raises(BadModel, match="yard answers 1×9×21"):
        add(tmp_path / "models", kept(tmp_path, wrong))
    assert not (tmp_path / "models").exists()


def test_a_network_for_any_picture_wants_its_side_said(tmp_path: Path) -> None:
    any_size = kept(tmp_path, network(ANSWER, SIDE, takes=("n", 3, "h", "w")))
    with pytest.raises(BadModel, match="--side"):
        add(tmp_path / "models", any_size)
    model = registry.add(
        tmp_path / "models",
        any_size,
        name="yard",
        decoder="yolov8",
        licence="MIT",
        classes=CLASSES,
        side=SIDE,
    )
    assert model.side == SIDE


def test_a_worker_without_the_model_fetches_it_by_name(
    tmp_path: Path, file: Path, store: FolderStore
) -> None:
    model = add(tmp_path / "models", file, store)
    elsewhere = tmp_path / "worker"
    detector = registry.load(elsewhere, "yard", store)
    assert (detector.name, detector.digest) == ("yard", model.sha256)
    assert [d.label for d in detector.detect(PICTURE)] == ["motorcycle"]
    assert [p.name for p in elsewhere.iterdir()] == [model.file]
    assert shared_models.names(store) == ["yard"]


def test_what_the_site_says_of_a_name_outranks_a_machine(
    tmp_path: Path, file: Path, store: FolderStore
) -> None:
    add(tmp_path / "here", file)
    other = kept(tmp_path, network(HALF, SIDE), "other.onnx")
    sites = add(tmp_path / "there", other, store)
    assert registry.load(tmp_path / "here", "yard", store).digest == sites.sha256
    with pytest.raises(BadModel, match="another model 'yard'"):
        add(tmp_path / "here", file, store)


def test_other_bytes_in_the_store_are_refused(
    tmp_path: Path, file: Path, store: FolderStore
) -> None:
    model = add(tmp_path / "models", file, store)
    weights = tmp_path / "store" / LIVECAM / "models" / model.file
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + b"\x00")
    with pytest.raises(BadModel, match="its SHA-256 is"):
        registry.load(tmp_path / "worker", "yard", store)
    weights.write_bytes(whole[:-1])
    with pytest.raises(BadModel, match="in the store, not"):
        registry.load(tmp_path / "worker", "yard", store)
    assert [p for p in (tmp_path / "worker").glob("**/*") if p.is_file()] == []


def test_a_file_that_was_changed_here_is_refused(tmp_path: Path, file: Path) -> None:
    folder = tmp_path / "models"
    model = add(folder, file)
    (folder / model.file).write_bytes(network(HALF, SIDE))
    with pytest.raises(BadModel, match="is not yard"):
        registry.load(folder, "yard")


def test_a_removed_model_is_gone_and_one_in_use_goes_on(
    tmp_path: Path, file: Path, store: FolderStore
) -> None:
    folder = tmp_path / "models"
    add(folder, file, store)
    detector = registry.load(folder, "yard", store)
    registry.remove(folder, "yard", store)
    assert detector.detect(PICTURE)
    assert list(folder.iterdir()) == []
    assert list(store.list(LIVECAM, "models/")) == []
    with pytest.raises(BadModel, match=r"no model 'yard'.*Here are: hog, fastestdet"):
        registry.load(folder, "yard", store)
    with pytest.raises(BadModel, match="no model 'yard'"):
        registry.remove(folder, "yard", store)


def test_weights_that_two_names_share_stay_until_the_last_goes(
    tmp_path: Path, file: Path, store: FolderStore
) -> None:
    folder = tmp_path / "models"
    for name in ("one", "two"):
        add(folder, file, store, name)
    registry.remove(folder, "one", store)
    assert registry.load(tmp_path / "worker", "two", store).detect(PICTURE)
    assert registry.load(folder, "two").detect(PICTURE)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda _: "{", "yard.json is no model's descriptor"),
        (lambda d: json.dumps({**d, "file": "../../x.onnx"}), "yard.json .*file"),
        (lambda d: json.dumps({**d, "decoder": "yolo99"}), "yard.json .*decoder"),
        (lambda d: json.dumps({**d, "size_bytes": 2**40}), "yard.json .*size_bytes"),
        (lambda d: json.dumps({**d, "name": "other"}), "yard.json tells of the model 'other'"),
    ],
)
def test_a_damaged_descriptor_is_named_and_can_be_removed(
    tmp_path: Path, file: Path, damage: object, told: str
) -> None:
    folder = tmp_path / "models"
    add(folder, file)
    path = folder / "yard.json"
    assert callable(damage)
    path.write_text(damage(json.loads(path.read_text())))
    with pytest.raises(BadModel, match=told):
        registry.load(folder, "yard")
    registry.remove(folder, "yard")
    assert registry.names(folder) == []


def test_the_pinned_model_comes_from_the_store_where_somebody_put_it(
    tmp_path: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_BESIDE", tmp_path)
    with pytest.raises(BadModel, match="'livecam models pull fastestdet' fetches it"):
        registry.load(tmp_path / "models", "fastestdet", store)
    assert registry.default(tmp_path / "models") == "hog"
    assert isinstance(registry.load(tmp_path / "models", "hog", store), HogDetector)


def test_a_worker_that_joins_looks_with_what_the_site_has(
    tmp_path: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_BESIDE", tmp_path)
    data = network(np.zeros((1, 7, 2, 2), np.float32), SIDE)
    tiny = models.FASTESTDET.model_copy(
        update={
            "sha256": hashlib.sha256(data).hexdigest(),
            "size_bytes": len(data),
            "side": SIDE,
            "classes": ("person", "car"),
        }
    )
    monkeypatch.setattr(models, "FASTESTDET", tiny)
    assert registry.own(tmp_path / "worker", store).name == "hog"
    shared_models.put_weights(store, tiny, kept(tmp_path, data))
    assert registry.own(tmp_path / "worker", store).digest == tiny.sha256
    assert (tmp_path / "worker" / tiny.file).is_file()


def test_a_detector_tells_what_it_ran_on_and_how_fast(tmp_path: Path, file: Path) -> None:
    model = add(tmp_path / "models", file)
    detector = registry.load(tmp_path / "models", "yard")
    before = figures(detector)
    assert (before["model"], before["sha256"]) == ("yard", model.sha256[:12])
    assert before["p50_ms"] is None
    for _ in range(3):
        detector.detect(PICTURE)
    after = figures(detector)
    assert 0 < after["p50_ms"] <= after["p95_ms"]
    assert after["provider"] in after["why"]
    assert detector.latency.count == 3
    assert figures(HogDetector())["provider"] == "OpenCV"


def test_latency_is_by_nearest_rank_over_the_last_pictures() -> None:
    latency = Latency()
    assert (latency.p50_ms, latency.p95_ms) == (None, None)
    now = time.perf_counter()
    for seconds in (900, *range(1, KEPT + 1)):  # the first is forgotten
        latency.since(now - seconds)
    assert latency.count == KEPT
    assert round((latency.p50_ms or 0) / 1000) == KEPT // 2
    assert round((latency.p95_ms or 0) / 1000, -1) == round(KEPT * 0.95, -1)
