"""The part of Health about encoders: which one each camera's pictures go through, and why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.spools import SpoolState
from dashboards.words.common import Common
from dashboards.words.health import Encoders
from edge.report import CameraReport


def show(found: Sequence[SpoolState]) -> None:
    """A row a camera whose pictures are encoded on its node; nothing where none are."""
    each = [item for one in found if not one.is_stale for item in one.state.recording.items()]
    rows = [row for camera, report in sorted(each) for row in _row(camera, report)]
    if rows:
        st.subheader(Encoders.TITLE())
        st.table(rows, border="horizontal", hide_index=True)


def _row(camera: str, report: CameraReport) -> list[dict[str, str]]:
    encoding = report.encoding
    if encoding is None:
        return []
    fell = (f"`{name}`: {reason}" for name, reason in encoding.fell.items())
    return [
        {
            Common.CAMERA(): camera,
            Encoders.ENCODER(): f"`{encoding.name}`",
            Encoders.PICTURE(): f"{encoding.width}x{encoding.height}",
            Encoders.RUNG(): report.rung,
            Encoders.NOT_USED(): "; ".join(fell) or Encoders.ALL_WELL(),
        }
    ]
