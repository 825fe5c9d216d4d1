"""Exports: what is carried away can be checked elsewhere, and what is missing is told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import av
import pytest
from click.testing import CliRunner

from edge.clock import from_iso, to_iso
from edge.errors import BadSettings, ObjectMissing
from edge.segment import Cause, Gap
from flows.catalogue import delta
from flows.catalogue.schema import SEGMENTS
from flows.site import Site
from flows.stages.export import Wanted, export
from flows.store import FOOTAGE
from infra.cli.export import export as command
from tests.dashboards import footage
from tests.flows.stage_site import folder_site

T0 = from_iso("2026-11-01T10:00:00Z")


def two_cameras(site: Site) -> None:
    """Nine seconds of a gate with a gap of four before the last two, three of a yard."""
    for at_ms, seconds in ((0, 3), (3_000, 3), (10_000, 2)):
        footage.store(site, "gate", T0 + at_ms, seconds)
    footage.gap(
        site,
        Gap(
            camera="gate",
            node="local",
            start_ms=T0 + 6_000,
            end_ms=T0 + 10_000,
            cause=Cause.CAMERA_UNREACHABLE,
        ),
    )
    footage.store(site, "yard", T0 + 1_000, 3, codec="libx265")


def verified(folder: Path) -> list[str]:
    """The files that the system's own sha256sum calls good."""
    checked = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.removesuffix(": OK") for line in checked.stdout.splitlines()]


def pictures(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_two_cameras_are_taken_along_and_can_be_checked(site: Site, tmp_path: Path) -> None:
    two_cameras(site)
    folder = tmp_path / "out"
    wanted = Wanted(("yard", "gate"), T0 + 500, T0 + 11_000, "a visit", "kim")
    told = export(site, wanted, folder).as_json()
    names = ["gate_20261101_100000Z.mp4", "yard_20261101_100000Z.mp4"]
    assert verified(folder) == [*names, "manifest.json"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*names, "manifest.json", "SHA256SUMS"]
    )
    assert json.loads((folder / "manifest.json").read_text()) == told
    gate, yard = told["files"]
    assert pictures(folder / names[0]) == gate["pictures"] == 70
    assert pictures(folder / names[1]) == yard["pictures"] == 30
    assert (gate["start_utc"], gate["end_utc"]) == (to_iso(T0), to_iso(T0 + 10_900))
    assert gate["gaps"] == [
        {
            "start_utc": to_iso(T0 + 6_000),
            "end_utc": to_iso(T0 + 10_000),
            "cause": "camera_unreachable",
        }
    ]
    assert [one["sha256"][:16] == one["id"][-16:] for one in gate["segments"]] == [True] * 3
    for one in gate["segments"]:
        info = site.store.head(FOOTAGE, one["key"], one["version_id"])
        assert info.size_bytes == one["size_bytes"]
    assert (told["made_by"], told["name"]) == ("kim", "a visit")
    # Before the yard's first second, and after its last.
    assert [gap["start_utc"] for gap in told["cameras"][1]["gaps"]] == [
        to_iso(T0 + 500),
        to_iso(T0 + 4_000),
    ]


def test_what_is_damaged_or_gone_is_a_gap_and_costs_no_other(tmp_path: Path) -> None:
    site = folder_site(tmp_path / "home")
    made = [footage.store(site, "gate", T0 + n * 2_000, 2) for n in range(5)]
    for path, data in ((made[1], b"x"), (made[3], None)):
        target = site.home.store / FOOTAGE / path.key
        if data is None:
            target.unlink()
        else:
            target.write_bytes(data + target.read_bytes()[1:])
    expire(site, made[4].id)
    told = export(site, Wanted(("gate",), T0, T0 + 10_000), tmp_path / "out").as_json()
    [file] = told["files"]
    assert [one["id"] for one in file["segments"]] == [made[0].id, made[2].id]
    assert pictures(tmp_path / "out" / file["name"]) == 40
    assert [gap["cause"] for gap in told["cameras"][0]["gaps"]][:2] == ["damaged", "missing"]
    assert [gap["start_utc"] for gap in told["cameras"][0]["gaps"]] == [
        to_iso(T0 + ms) for ms in (2_000, 6_000, 8_000)
    ]
    assert verified(tmp_path / "out") == [file["name"], "manifest.json"]


def expire(site: Site, segment_id: str) -> None:
    """As retention leaves a row."""
    table = delta.open_table(site.store, SEGMENTS)
    table.update({"status": "'expired'"}, predicate=f"id = '{segment_id}'")


@pytest.mark.parametrize(
    ("cameras", "start_ms", "end_ms", "kind"),
    [
        ((), 0, 1_000, BadSettings),
        (tuple(f"c{n}" for n in range(21)), 0, 1_000, BadSettings),
        (("gate",), 0, 0, BadSettings),
        (("gate",), 0, 25 * 3_600_000, BadSettings),
        (("gate",), -5_000, 0, ObjectMissing),
        (("gone",), 0, 1_000, ObjectMissing),
    ],
)
def test_what_cannot_be_exported_is_said_and_leaves_nothing(
    tmp_path: Path, cameras: tuple[str, ...], start_ms: int, end_ms: int, kind: type[Exception]
) -> None:
    site = folder_site(tmp_path / "home")
    footage.store(site, "gate", T0, 2)
    with pytest.raises(kind):
        export(site, Wanted(cameras, T0 + start_ms, T0 + end_ms), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_stretch_of_damaged_footage_alone_is_nothing(tmp_path: Path) -> None:
    site = folder_site(tmp_path / "home")
    made = footage.store(site, "gate", T0, 2)
    (site.home.store / FOOTAGE / made.key).write_bytes(b"rotten")
    with pytest.raises(ObjectMissing):
        export(site, Wanted(("gate",), T0, T0 + 2_000), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_export_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    site = folder_site(tmp_path / "home")
    two_cameras(site)
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done == total:
            raise KeyboardInterrupt

    wanted = Wanted(("gate", "yard"), T0, T0 + 12_000)
    with pytest.raises(KeyboardInterrupt):
        export(site, wanted, tmp_path / "out", moved=stop)
    assert list((tmp_path / "out").iterdir()) == []
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert export(site, wanted, tmp_path / "out").cameras[0].files


def test_more_than_there_is_room_for_is_refused_before_an_hour_s_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = folder_site(tmp_path / "home")
    footage.store(site, "gate", T0, 2)
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Free(100))
    with pytest.raises(BadSettings, match="GB are free"):
        export(site, Wanted(("gate",), T0, T0 + 2_000), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


class _Free:
    def __init__(self, free: int) -> None:
        self.free = free


def test_the_command_exports_and_says_what_it_did(livecam_home: Path, tmp_path: Path) -> None:
    two_cameras(folder_site(livecam_home))
    folder = str(tmp_path / "out")
    asked = ["--from", to_iso(T0), "--to", to_iso(T0 + 12_000), "-o", folder]
    done = CliRunner().invoke(command, ["--camera", "gate", "--camera", "yard", *asked, "--json"])
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    assert verified(tmp_path / "out")[:-1] == [one["name"] for one in told["files"]]
    assert "100 %" in done.stderr
    again = CliRunner().invoke(command, ["--camera", "gate", *asked])
    assert isinstance(again.exception, BadSettings)
    other = [*asked[:-1], str(tmp_path / "other")]
    plain = CliRunner().invoke(command, ["--camera", "gate", *other])
    assert "80 pictures" in plain.stdout
    assert "4 s of it are in no file (camera_unreachable)" in plain.stderr
