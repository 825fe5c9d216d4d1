"""libav's errors as ours: their text holds whole addresses, so only the reason is passed on."""

from __future__ import annotations

from typing import NoReturn

import av

from edge.errors import BadSettings, CameraFrozen, CameraUnreachable

_MEND = "Mend its source in livecam.yaml"


def refuse(camera: str, error: av.FFmpegError) -> NoReturn:
    """Raise what an opened, or an opening, camera's error means. To be raised without its cause."""
    if isinstance(error, av.HTTPUnauthorizedError):
        raise CameraUnreachable(
            "the camera refuses the user or the password", camera=camera, hint=_MEND
        ) from None
    if isinstance(error, av.HTTPForbiddenError | av.HTTPNotFoundError):
        raise CameraUnreachable(
            "the camera has nothing at this address for this user", camera=camera, hint=_MEND
        ) from None
    if isinstance(error, av.ExitError | av.TimeoutError):
        raise CameraFrozen("nothing arrives from the camera", camera=camera) from None
    if isinstance(error, av.ProtocolNotFoundError):
        raise BadSettings("this build of libav cannot speak to it", camera=camera) from None
    reason = (error.strerror or type(error).__name__).lower()
    raise CameraUnreachable(f"the camera cannot be read: {reason}", camera=camera) from None
