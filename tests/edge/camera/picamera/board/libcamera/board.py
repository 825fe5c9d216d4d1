"""Which board is played, and what is wrong with it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Board:
    """`pi` is 4 or 5; the rest is what a test breaks."""

    pi: int = 5
    cameras: int = 2
    busy: str = ""  # while this file is there, another program holds each camera
    heap: bool = True  # whether the kernel gives memory for pictures
    codec: bool = True  # whether a Pi 4's encoder is there
    fail_at: int = -1  # the picture that a Pi 4's encoder refuses
    freeze_at: int = -1  # the picture after which a sensor sends nothing, until it is opened anew


BOARD = Board(**json.loads(os.environ.get("LIVECAM_BOARD", "{}")))
