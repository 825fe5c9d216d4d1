import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.media.probe import probe
from infra.cli.scan import scan
from tests.vision.drawn import film, scene


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("scan") / "yard.mp4", scene(0, 16))


def test_one_object_a_file(yard: Path) -> None:
    ran = CliRunner().invoke(scan, [str(yard), "--objects", "person", "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert [one["label"] for one in told["objects"]] == ["person"]
    assert {"start_s", "end_s", "score"} == set(told["motion"][0])
    assert told["frames"] == 160
    assert 0 < told["decoded_frames"] <= 200
    assert told["cpu_s"] > 0
    assert told["wall_s"] > 0


def test_clips_are_cut_with_what_is_around(yard: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(scan, [str(yard), "--save-clips", str(tmp_path / "clips")])
    assert ran.exit_code == 0, ran.output
    clips = sorted((tmp_path / "clips").iterdir())
    assert len(clips) == ran.stdout.count("motion ")
    assert all(probe(clip).duration_ms > 4000 for clip in clips)


def test_a_region_and_zones_from_a_file(yard: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(scan, [str(yard), "--roi", "0,0,1,0.2"])
    assert "nothing moves" in ran.stdout
    zones = tmp_path / "zones.yaml"
    zones.write_text("sky: [[0, 0], [1, 0], [1, 0.2], [0, 0.2]]\n")
    ran = CliRunner().invoke(scan, [str(yard), "--zones", str(zones)])
    assert "nothing moves" in ran.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--roi", "0.5,0,0.6,1"], "does not lie in the picture"),
        (["--roi", "left"], "write X,Y,W,H"),
        (["--roi", "0,0,1,1", "--zones", "x.yaml"], "exclude one another"),
    ],
)
def test_wrong_words_are_explained(yard: Path, words: list[str], said: str) -> None:
    ran = CliRunner().invoke(scan, [str(yard), *words])
    assert ran.exit_code == 2
    assert said in ran.stderr


def test_a_bad_file_is_named_and_the_others_are_told(yard: Path, tmp_path: Path) -> None:
    bad = tmp_path / "notes.mp4"
    bad.write_text("no video at all\n")
    ran = CliRunner().invoke(scan, [str(bad), str(yard), "--json"])
    assert ran.exit_code == 1
    assert "notes.mp4: a text file" in ran.stderr
    assert json.loads(ran.stdout)["file"] == str(yard)
