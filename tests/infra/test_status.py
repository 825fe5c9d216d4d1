"""`livecam status` where nothing runs, and where something waits."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from infra.cli.status import status
from tests.flows.stage_site import folder_site, seal_some


def test_nothing_runs_and_that_is_told(livecam_home: Path) -> None:
    done = CliRunner().invoke(status, ["--json"], catch_exceptions=False)

    found = json.loads(done.stdout)
    assert found["addresses"] == {"app": None, "prefect": None, "s3": None, "console": None}
    assert {one["node"]: one["state"] for one in found["nodes"]} == {"local": "down", "hub": "down"}
    assert found["cameras"] == found["set_aside"] == found["trouble"] == []


def test_what_waits_in_the_spool_is_told(livecam_home: Path) -> None:
    seal_some(folder_site(livecam_home), count=2)

    done = CliRunner().invoke(status, ["--json"], catch_exceptions=False)

    (camera,) = json.loads(done.stdout)["cameras"]
    assert (camera["camera"], camera["spool_segments"]) == ("hall", 2)
    assert camera["last_segment_age_s"] is None


def test_a_store_that_is_not_there_is_trouble_and_no_failure(
    livecam_home: Path, tmp_path: Path
) -> None:
    config = tmp_path / "livecam.yaml"
    config.write_text("store: {kind: s3}\n")

    done = CliRunner(env={"LIVECAM_CONFIG": str(config)}).invoke(status, ["--json"])

    assert done.exit_code == 0
    assert "livecam up" in "".join(json.loads(done.stdout)["trouble"])
    text = CliRunner(env={"LIVECAM_CONFIG": str(config)}).invoke(status)
    assert "trouble" in text.stdout
