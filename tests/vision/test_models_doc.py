"""docs/models.md is held to what it describes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from flows.vision.decoders import DECODERS
from flows.vision.descriptor import DecoderName, parse
from infra.cli.models import models

TEXT = (Path(__file__).parents[2] / "docs" / "models.md").read_text()


def test_the_descriptor_shown_is_one() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert parse(shown.encode(), "docs/models.md").name == "yolox-s"


def test_every_decoder_and_command_is_told_of() -> None:
    assert set(DECODERS) == set(get_args(DecoderName))
    assert {f"| `{name}` |" in TEXT for name in DECODERS} == {True}
    told = set(re.findall(r"livecam models ([a-z]+)", TEXT))
    assert told <= set(models.commands)
    assert {name for name in models.commands if f"models {name}" in TEXT} >= {"list", "add", "pull"}
