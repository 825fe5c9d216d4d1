"""`livecam models`, on a machine without a site and on one with a folder store."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from edge.errors import BadModel
from edge.home import Home
from flows.store.folder import FolderStore
from flows.vision import models as pinned
from flows.vision import shared_models
from infra.cli.models import models
from tests.vision.networks import kept, network

SIDE = 32


def run(*words: str) -> tuple[str, str]:
    """Standard output and error of a command that succeeds; its error otherwise."""
    result = CliRunner().invoke(models, words, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout, result.stderr


def rows(*words: str) -> list[dict[str, Any]]:
    said, _ = run(*words, "--json")
    return [json.loads(line) for line in said.splitlines()]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No models beside the clone, no configuration of whoever runs this."""
    monkeypatch.setattr(pinned, "_BESIDE", tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(kept(tmp_path, network(np.zeros((1, 6, 21), np.float32), SIDE), "export.onnx"))


@pytest.fixture
def site(livecam_home: Path) -> Home:
    FolderStore(livecam_home / "store").prepare()
    return Home(livecam_home)


def add(file: str, *more: str) -> list[dict[str, Any]]:
    words = ("--name", "yard", "--decoder", "yolov8", "--licence", "MIT", *more)
    return rows("add", file, *words)


def by_name() -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in rows("list")}


def test_an_added_model_is_listed_with_what_it_is(livecam_home: Path, file: str) -> None:
    (added,) = add(file, "--classes", "person,car")
    assert Path(added["path"]).is_file()
    assert not (livecam_home / "store").exists()
    yard = by_name()["yard"]
    assert yard == {**added, "where": "here", "current": False}
    assert (yard["decoder"], yard["side"], yard["classes"]) == ("yolov8", SIDE, ["person", "car"])
    said, _ = run("list")
    assert "yard  MIT" in said
    assert f"sha256 {yard['sha256']}" in said
    assert "fastestdet  BSD-3-Clause  not here: livecam models pull" in said


def test_a_sites_models_lie_in_its_store_too(site: Home, file: str) -> None:
    add(file, "--classes", "person,car")
    assert by_name()["yard"]["where"] == "here and store"
    for path in site.models.iterdir():
        path.unlink()
    assert by_name()["yard"]["where"] == "store"
    said, _ = run("list")
    assert "yard  MIT  not here: livecam models pull yard" in said
    (pulled,) = rows("pull", "yard")
    assert Path(pulled["path"]).is_file()
    run("remove", "yard")
    assert "yard" not in by_name()


def test_a_store_out_of_reach_hides_nothing_that_is_here(
    tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(file, "--classes", "person,car")
    config = tmp_path / "livecam.yaml"
    config.write_text(
        "store: {kind: s3, endpoint: 'http://127.0.0.1:1', access_key: key, secret_key: secret-key}"
    )
    monkeypatch.setenv("LIVECAM_CONFIG", str(config))
    said, told = run("list")
    assert "yard  MIT" in said
    assert "only what is here is shown: the store" in told
    said, told = run("bench", "yard", "--seconds", "0.1")
    assert said.startswith("yard: p50")
    assert "what is here is measured: the store" in told


def test_a_pinned_model_comes_from_the_sites_store_first(
    site: Home, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    data = Path(file).read_bytes()
    tiny = pinned.FASTESTDET.model_copy(
        update={"sha256": hashlib.sha256(data).hexdigest(), "size_bytes": len(data), "url": "no:"}
    )
    monkeypatch.setattr(pinned, "MODELS", (tiny,))
    shared_models.put_weights(FolderStore(site.store), tiny, Path(file))
    (pulled,) = rows("pull")
    assert Path(pulled["path"]).read_bytes() == data
    assert rows("pull") == [pulled]


def test_labels_may_stand_in_a_file(tmp_path: Path, file: str) -> None:
    labels = tmp_path / "my.names"
    labels.write_text("person\n\ncar\n")
    (added,) = add(file, "--classes", str(labels))
    assert added["classes"] == ["person", "car"]
    with pytest.raises(BadModel, match=r"no file of labels '.*nowhere\.names'"):
        add(file, "--classes", str(tmp_path / "nowhere.names"))


def test_a_network_that_does_not_answer_as_claimed_says_how_it_does(file: str) -> None:
    with pytest.raises(BadModel, match="with 80 classes answers 1×84×21"):
        add(file)


def test_a_licence_that_asks_for_source_is_told_of(file: str) -> None:
    words = ("--name", "v8", "--decoder", "yolov8", "--classes", "person,car")
    _, told = run("add", file, *words, "--licence", "AGPL-3.0")
    assert "AGPL-3.0: " in told


def test_the_site_uses_what_it_is_told_to_and_every_worker_finds_it(site: Home, file: str) -> None:
    assert [name for name, row in by_name().items() if row["current"]] == ["hog"]
    for path in (site.root / "store").rglob("*"):
        assert path.is_dir()  # no store could tell of the model yet
    (site.root / "store").rename(site.root / "later")
    (added,) = add(file, "--classes", "person,car")
    (site.root / "later").rename(site.root / "store")
    (used,) = rows("use", "yard")
    assert (used["name"], used["sha256"]) == ("yard", added["sha256"])
    assert used["provider"] == "CPUExecutionProvider"
    listed = by_name()
    assert [name for name, row in listed.items() if row["current"]] == ["yard"]
    assert listed["yard"]["where"] == "here and store"
    said, _ = run("use", "hog")
    assert said.startswith("hog (")
    assert by_name()["hog"]["current"]


def test_a_model_that_cannot_be_opened_is_not_used(site: Home, file: str) -> None:
    (added,) = add(file, "--classes", "person,car")
    Path(added["path"]).write_bytes(b"other bytes")
    with pytest.raises(BadModel, match="is no ONNX file"):
        run("use", "yard")
    assert by_name()["hog"]["current"]


def test_one_damaged_descriptor_hides_no_other_model(livecam_home: Path, file: str) -> None:
    add(file, "--classes", "person,car")
    (livecam_home / "models" / "broken.json").write_text("{}")
    said, told = run("list")
    assert "yard  MIT" in said
    assert "broken.json is no model's descriptor" in told


def test_bench_tells_latency_and_what_it_ran_on(file: str) -> None:
    add(file, "--classes", "person,car")
    (yard,) = rows("bench", "yard", "--seconds", "0.1")
    assert 0 < yard["p50_ms"] <= yard["p95_ms"]
    assert yard["per_s"] > 0
    assert yard["provider"] in yard["why"]
    (default,) = rows("bench", "--seconds", "0.1")
    assert default["name"] == "hog"
