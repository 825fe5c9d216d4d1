"""What livecam.yaml may say of notifications."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.clock import from_iso
from edge.errors import BadSettings
from edge.settings import parse_document
from flows import settings
from flows.settings import FlowSettings

TEXT = """
notify: ['json://one/?key={NOTIFY_KEY}', 'json://two']
cameras:
  gate: {source: 'scene:', notify: ['json://gate']}
  yard: {source: 'scene:', notify: {quiet: '22:00-07:00', time_zone: Asia/Seoul}}
  barn: {source: 'scene:', notify: []}
  shed: {source: 'scene:'}
"""


def read(text: str) -> FlowSettings:
    return settings.parse(parse_document(text, Path("livecam.yaml")))


def urls(found: FlowSettings, camera: str) -> list[str]:
    return [url.get_secret_value() for url in found.notify_for(camera).urls]


def test_a_camera_has_addresses_of_its_own_or_the_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_KEY", "sesame")
    found = read(TEXT)
    both = ["json://one/?key=sesame", "json://two"]
    assert [urls(found, name) for name in ("gate", "yard", "barn", "shed")] == [
        ["json://gate"],
        both,
        [],
        both,
    ]
    assert "sesame" not in repr(found)


def test_quiet_hours_are_those_of_the_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_KEY", "sesame")
    quiet = read(TEXT).notify_for("yard")
    for utc, expected in {
        "2026-11-01T12:59:59Z": False,  # 21:59:59 in Seoul
        "2026-11-01T13:00:00Z": True,
        "2026-11-01T21:59:59Z": True,
        "2026-11-01T22:00:00Z": False,
    }.items():
        assert quiet.is_quiet(from_iso(utc)) is expected
        assert not read(TEXT).notify.is_quiet(from_iso(utc))


@pytest.mark.parametrize(
    "wrong",
    [
        {"urls": ["no-address-sesame"]},
        ["sesame"],
        {"quiet": "22:00"},
        {"cooldown": "-1s"},
        {"time_zone": "Mars/Olympus"},
        {"url": ["json://sesame"]},
        "json://sesame",
    ],
)
def test_what_cannot_be_meant_is_refused_without_showing_an_address(wrong: Any) -> None:
    with pytest.raises(BadSettings) as told:
        settings.parse({"notify": wrong})
    assert "notify" in str(told.value)
    assert "sesame" not in str(told.value)
