"""What a row of findings names besides its model: the configuration and this program (C5)."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version

from flows.settings import DetectSettings
from flows.vision.detector import Detector


@cache  # of a process it stays the same, and each reading parses the package's metadata
def code_version() -> str:
    """The version of this program, as rows name it."""
    return version("livecam")


def config_digest(detect: DetectSettings) -> str:
    """SHA-256 of the settings that shape a result, spelled one way."""
    told = detect.shaping
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def lineage(detector: Detector, detect: DetectSettings, run_id: str) -> dict[str, str]:
    """The columns of `schema.LINEAGE`."""
    return {
        "analyser": detector.name,
        "model_digest": detector.digest,
        "config_digest": config_digest(detect),
        "code_version": code_version(),
        "flow_run_id": run_id,
    }
