"""Opens a video file for reading, or says in one line what is wrong with it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.container
import av.video.stream

from edge.camera.allowed import FILE
from edge.errors import BadMedia

# Refused before anything is decoded: one 65,000×65,000 picture is 12 GB.
MAX_SIDE_PX = 8192
Source = Path | bytes


@contextmanager
def opened(source: Source) -> Iterator[av.container.InputContainer]:
    """The file's container, closed at the end; BadMedia where there is none to be had."""
    container = _open(source)
    try:
        yield container
    finally:
        container.close()


def video(container: av.container.InputContainer, source: Source) -> av.video.stream.VideoStream:
    """The first video stream, its decoder on one thread; BadMedia without one or when huge."""
    # Cover art in a music file is a video stream of one picture, and no footage.
    streams = [s for s in container.streams.video if not _cover(s)]
    if not streams:
        kinds = ", ".join(sorted({s.type for s in container.streams})) or "nothing"
        raise bad(f"no video stream, only {kinds}", source)
    stream = streams[0]
    check_size(stream.width, stream.height, source)
    # Frame threads hold a picture each: 16 cores on a 4K segment are 400 MB for no gain here,
    # where workers are spread over segments instead.
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    return stream


def check_size(width: int, height: int, source: Source) -> None:
    """Refuses pictures with a side over MAX_SIDE_PX, and sizes that are none."""
    if max(width, height) > MAX_SIDE_PX:
        raise bad(f"pictures of {width}×{height} are over {MAX_SIDE_PX} px a side", source)


def bad(what: str, source: Source) -> BadMedia:
    """The error for this file, with its path where it has one."""
    path = source if isinstance(source, Path) else None
    name = path.name if path else f"{len(source) if isinstance(source, bytes) else 0} bytes"
    return BadMedia(f"{name}: {what}", path=path)


def _open(source: Source) -> av.container.InputContainer:
    try:
        head = source[:4096] if isinstance(source, bytes) else _head(source)
        if not head:
            raise bad("0 bytes", source)
        file = io.BytesIO(source) if isinstance(source, bytes) else str(source)
        return av.open(file, mode="r", metadata_errors="replace", options=FILE)
    except av.error.FFmpegError as error:
        # From None: PyAV's own message repeats whole paths and addresses.
        raise bad(_guess(head, error), source) from None


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise bad(f"can't be read: {error.strerror}", path) from error


def _guess(head: bytes, error: av.error.FFmpegError) -> str:
    if b"\x00" not in head and _is_text(head):
        return "a text file, not a video"
    if b"ftyp" in head[:64] and b"moov" not in head:
        return "torn or not finished: an MP4 without its index (moov)"
    return f"not a video file that can be read ({error.strerror or type(error).__name__})"


def _is_text(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and len(head) > 4  # a character cut by the read
    return True


def _cover(stream: av.video.stream.VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
