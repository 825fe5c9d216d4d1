"""The words of Playback around the player."""

from __future__ import annotations

from dashboards.words import Word


class Playback(Word):
    """What stands around the player."""

    BESIDE = "Beside it, at the same moment", "같은 순간의 다른 카메라"
    STAND_IN = (
        "**A stand-in, not the camera**, which could not be opened: {times}.",
        "**카메라가 아니라 대체 영상이에요.** 카메라를 열 수 없었어요: {times}.",
    )
    AND_MORE = " and {count} more", " 외 {count}건"
