"""Pages that run for weeks follow livecam.yaml as it is edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.site import Following


def test_settings_are_those_of_the_file_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "livecam.yaml"
    path.write_text("cameras: {gate: {source: 'scene:'}}")
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    following = Following.open()
    store = following.now.store
    path.write_text(
        "cameras: {yard: {source: 'scene:'}}\nstore: {kind: s3, endpoint: 'http://nas'}"
    )
    assert list(following.now.settings.camera_nodes) == ["gate"]  # it may not be whole yet
    assert list(following.now.settings.camera_nodes) == ["yard"]
    assert following.now.settings.store.kind == "folder"  # that wants a restart
    assert following.now.store is store
    path.write_text("cameras: [")
    assert [list(following.now.settings.camera_nodes) for _ in range(3)] == [["yard"]] * 3
