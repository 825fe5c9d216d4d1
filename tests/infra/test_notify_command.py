"""`livecam notify test`: says who could be told, and never an address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from edge.errors import BadSettings, Retryable
from infra.cli.notify import notify
from tests.servers.webhook import webhook


def test_each_address_is_told_or_it_is_said_which_is_not(config_file: Path) -> None:
    with webhook("sesame") as hook:
        cameras = {"gate": {"source": "scene:", "notify": [hook.url, "json://127.0.0.1:1/sesame"]}}
        config_file.write_text(yaml.safe_dump({"notify": [hook.url], "cameras": cameras}))
        done = CliRunner().invoke(notify, ["test", "--json"], catch_exceptions=False)
        assert json.loads(done.stdout) == {"address": 1, "service": "json", "trouble": None}
        failed = CliRunner().invoke(notify, ["test", "--camera", "gate"])
        assert isinstance(failed.exception, Retryable)
        assert "1 of 2" in str(failed.exception)
        assert len(hook.heard) == 2
        assert "sesame" not in done.output + failed.output + str(failed.exception)


def test_who_is_nobody_is_told_how_to_be_somebody(config_file: Path) -> None:
    config_file.write_text("cameras: {gate: {source: 'scene:'}}")
    with pytest.raises(BadSettings, match="Write notify:"):
        CliRunner().invoke(notify, ["test", "--camera", "gate"], catch_exceptions=False)
    with pytest.raises(BadSettings, match="Did you mean 'gate'"):
        CliRunner().invoke(notify, ["test", "--camera", "gat"], catch_exceptions=False)
    assert "Example: livecam notify test" in CliRunner().invoke(notify, ["test", "--help"]).output
