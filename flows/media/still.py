"""One picture of a video file as a JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

from flows.media.frames import Picture, pictures
from flows.media.opening import Source, bad

QUALITY = 80
THUMBNAIL_WIDTH_PX = 320


def jpeg(picture: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """A BGR or grey picture as JPEG bytes."""
    ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"a picture of shape {picture.shape} makes no JPEG")
    return data.tobytes()


def still(source: Source, at_ms: int, width: int | None = None) -> bytes:
    """The picture shown `at_ms` after the first one, as JPEG at most `width` pixels wide.

    Past the end it is the last picture, before the start the first. Raises BadMedia.
    """
    return jpeg(shown(source, at_ms).bgr(width))


def shown(source: Source, at_ms: int) -> Picture:
    """The picture itself that `still` makes a JPEG of."""
    last: Picture | None = None
    for picture in pictures(source):
        if last is not None and picture.at_ms > at_ms:
            break
        last = picture
    if last is None:
        raise bad("not one picture in it can be decoded", source)
    return last
