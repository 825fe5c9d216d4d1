"""Where the sample footage is, and what of it is there."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLIPS = ("bottle-detection.mp4", "car-detection.mp4", "one-by-one-person-detection.mp4")


def folder() -> Path | None:
    """The first of LIVECAM_SAMPLES, ../shared/samples and footage/ that holds a clip."""
    named = os.environ.get("LIVECAM_SAMPLES")
    beside = ROOT.parent / "shared" / "samples"
    places = [Path(named)] if named else [beside, ROOT / "footage"]
    return next((place for place in places if any((place / c).is_file() for c in CLIPS)), None)


def missing(names: tuple[str, ...]) -> list[str]:
    """Those of the named files (all clips, where none is named) that are not there."""
    found = folder()
    return [n for n in names or CLIPS if found is None or not (found / n).is_file()]
