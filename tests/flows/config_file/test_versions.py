"""Each livecam.yaml is a version, with who and why, and a deed."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.errors import BadSettings
from edge.home import Home
from flows.config_file import file as config_file
from flows.config_file import yaml_edit
from flows.config_file.versions import Versions, digest_of
from flows.deeds import Deeds

BEFORE = "cameras: {gate: {source: 'scene:'}}  # ours\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "livecam.yaml"
    found.write_text(BEFORE)
    monkeypatch.setenv("LIVECAM_CONFIG", str(found))
    return found


def rename(text: str) -> str:
    return yaml_edit.put(text, ("site",), "here")


def test_a_change_is_a_version_and_so_is_what_was_there_before(
    path: Path, livecam_home: Path
) -> None:
    home = Home(livecam_home)
    config_file.change(rename, who="anna", why="the site's name")
    newest, first = Versions(home, SystemClock()).before()
    assert (first.text, first.who) == (BEFORE, "")
    assert (newest.text, newest.who, newest.why) == (path.read_text(), "anna", "the site's name")
    assert newest.digest == digest_of(path.read_text())
    deed = Deeds(home, SystemClock()).newest(1)[0]
    assert (deed.who, deed.object) == ("anna", "version 2: the site's name")


def test_an_edit_by_hand_becomes_a_version_when_it_is_seen(path: Path, livecam_home: Path) -> None:
    def seen() -> tuple[int, str, str]:
        found = config_file.current(Home(livecam_home), path)
        assert found is not None
        return found.number, found.text, found.who

    assert seen() == (1, BEFORE, "")
    assert seen()[0] == 1
    path.write_text(rename(BEFORE))
    assert seen()[0] == 2
    path.write_text("cameras: [wrong]")
    assert seen() == (2, rename(BEFORE), "")
    path.write_text(BEFORE)  # back again is another version, not the first
    assert seen() == (3, BEFORE, "")


def test_a_change_that_is_refused_leaves_no_version(path: Path, livecam_home: Path) -> None:
    with pytest.raises(BadSettings):
        config_file.change(lambda text: yaml_edit.put(text, ("cameras", "gate", "nod"), "x"))
    assert path.read_text() == BEFORE
    assert Versions(Home(livecam_home), SystemClock()).newest() is None


def test_versions_are_found_by_number(livecam_home: Path) -> None:
    kept = Versions(Home(livecam_home), SystemClock())
    assert kept.newest() is None
    for number in range(1, 4):
        assert kept.keep(f"site: s{number}\n").number == number
    assert [one.number for one in kept.before(3)] == [2, 1]
    second = kept.get(2)
    assert second is not None
    assert second.text == "site: s2\n"
    assert kept.get(9) is None
    assert "s2" not in repr(second)
