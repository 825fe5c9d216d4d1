"""A camera is opened for a moment, or it is said why not, without its password."""

from __future__ import annotations

import pytest

from edge.errors import BadSettings, LivecamError
from flows.media.trial import attempt
from tests.servers.process import free_port


def test_a_source_is_looked_at() -> None:
    found = attempt("gate", "scene:?fps=15&size=640x360")
    assert (found.width, found.height) == (640, 360)
    assert found.codec == "h264"
    assert found.jpeg.startswith(b"\xff\xd8")


def test_why_nothing_comes_is_said_without_the_password() -> None:
    with pytest.raises(LivecamError) as told:
        attempt("gate", f"rtsp://ann:sesame@127.0.0.1:{free_port()}/camera")
    assert "sesame" not in str(told.value)
    with pytest.raises(LivecamError, match="in 0 s"):
        attempt("gate", "scene:", seconds=0.01)


@pytest.mark.parametrize("source", ["gopher://x", "concat:/etc/passwd", "rtsp://", "file:///x"])
def test_what_is_no_camera_is_not_opened(source: str) -> None:
    with pytest.raises(BadSettings):
        attempt("gate", source)
