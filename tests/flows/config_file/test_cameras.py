"""What somebody may make of a camera in livecam.yaml, and where secrets may not go."""

from __future__ import annotations

from typing import Any

import pytest

from edge.errors import BadSettings
from flows.config_file import cameras as edits

SOURCE = "rtsp://ann:{GATE_PASSWORD}@gate.local/main"
TEXT = f"""\
cameras:
  gate:
    node: pi1
    source: "{SOURCE}"
    notify: ["json://phone.local/{{PHONE}}"]
  yard: {{node: pi2, source: "rtsp://{{YARD_PASSWORD}}@yard.local/"}}
"""


@pytest.mark.parametrize(
    "values",
    [
        {"record": {"mode": "{STORE_SECRET}"}},
        {"record": {"schedule": [{"days": "{STORE_SECRET}"}]}},
        {"detect": {"objects": [{"{STORE_SECRET}": 1}]}},
        {"notify": {"cooldown": "{STORE_SECRET}"}},
    ],
)
def test_a_secret_stands_where_no_message_repeats_it(values: dict[str, Any]) -> None:
    with pytest.raises(BadSettings, match="no place for a secret"):
        edits.changed(TEXT, "gate", values)


@pytest.mark.parametrize(
    "values",
    [
        {"source": "rtsp://{YARD_PASSWORD}@yard.local/"},
        {"source": "rtsp://ann:{GATE_PASSWORD}@elsewhere/main"},
        {"source": "rtsp://ann:{GATE_PASSWORD}@gate.local@elsewhere/main"},
        {"source": "rtsp://ann:{GATE_PASSWORD}@gate.local/{STORE_SECRET}"},
        {"sub": SOURCE.replace("gate.local", "gate.local:1")},
        {"notify": ["json://phone.local/{STORE_SECRET}"]},
        {"notify": ["json://elsewhere/{PHONE}"]},
        {"source": "clip:/srv/footage/yard.mp4"},
        {"source": "v4l2:/dev/video1"},
        {"node": "pi2"},
    ],
)
def test_who_sees_one_camera_gets_at_no_others(values: dict[str, Any]) -> None:
    assert edits.changed(TEXT, "gate", values) != TEXT
    with pytest.raises(BadSettings, match="not to be made that"):
        edits.changed(TEXT, "gate", values, alone=True)


@pytest.mark.parametrize(
    "values",
    [
        {"source": "rtsp://ann:{GATE_PASSWORD}@gate.local/other?x=1"},
        {"source": "rtsp://new:word@anywhere/", "node": "pi1"},
        {"notify": ["json://phone.local/{PHONE}", "json://other/"], "sub": None},
        {"record": {"mode": "motion"}, "retain": {"days": 3}},
    ],
)
def test_who_sees_one_camera_changes_what_is_its_own(values: dict[str, Any]) -> None:
    assert edits.changed(TEXT, "gate", values, alone=True) != TEXT
