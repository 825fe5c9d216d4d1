"""A site's models in its store, be that a folder or a real MinIO."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from edge.errors import BadModel
from flows.site import Site
from flows.store import LIVECAM
from flows.vision import models, registry, shared_models
from tests.vision.networks import kept, network

ANSWER = np.zeros((1, 6, 21), np.float32)
PICTURE = np.zeros((48, 48, 3), np.uint8)


def test_a_sites_models_reach_every_worker_and_go_for_all(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept(tmp_path, network(ANSWER, 32))
    for name in ("one", "two"):
        registry.add(
            site.home.models,
            file,
            name=name,
            decoder="yolov8",
            licence="MIT",
            classes=("person", "car"),
            store=site.store,
        )
    assert shared_models.names(site.store) == ["one", "two"]

    worker = tmp_path / "worker"
    with ThreadPoolExecutor(4) as pool:  # several flow runs of a fresh machine at once
        found = list(pool.map(lambda _: registry.load(worker, "one", site.store), range(4)))
    assert {(one.name, len(one.detect(PICTURE))) for one in found} == {("one", 0)}
    (weights,) = worker.iterdir()
    assert weights.read_bytes() == file.read_bytes()

    registry.remove(site.home.models, "one", site.store)
    with pytest.raises(BadModel, match="no model 'one'"):
        registry.load(tmp_path / "later", "one", site.store)
    assert registry.load(tmp_path / "later", "two", site.store).name == "two"
    registry.remove(site.home.models, "two", site.store)
    assert list(site.store.list(LIVECAM, "models/")) == []

    # A pinned model needs no descriptor: its weights are found by their digest.
    pinned = models.FASTESTDET.model_copy(
        update={"sha256": found[0].digest, "size_bytes": file.stat().st_size}
    )
    monkeypatch.setattr(models, "_BESIDE", tmp_path / "nowhere")
    with pytest.raises(BadModel, match="not here"):
        registry.weights(worker, pinned, site.store)
    shared_models.put_weights(site.store, pinned, file)
    shared_models.put_weights(site.store, pinned, file)
    assert registry.weights(worker, pinned, site.store).name == "fastestdet-352.onnx"
