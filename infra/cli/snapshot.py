"""`livecam cameras snapshot`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.clock import SystemClock, to_iso
from edge.errors import BadMedia
from edge.home import Home
from edge.segment import check_name
from infra.cli import note, say

if TYPE_CHECKING:
    from edge.subscribers import Offered


@click.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="NAME.jpg where left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def snapshot(name: str, output: str | None, as_json: bool) -> None:
    """Save the newest keyframe of a camera that is recorded on this machine as a JPEG.

    Example: livecam cameras snapshot gate -o gate.jpg
    """
    from edge.live import follow

    folder, clock = Home.from_environment().recorder, SystemClock()
    newest = next(iter(follow(folder, check_name(name))))
    path = Path(output or f"{name}.jpg")
    path.write_bytes(to_jpeg(name, newest))
    age_ms = max(clock.monotonic_ms() - newest.arrived_ms, 0)
    if as_json:
        told = {"utc": to_iso(clock.utc_ms() - age_ms), "age_s": round(age_ms / 1_000, 1)}
        say({"camera": name, "path": str(path.absolute()), **told})
    else:
        note(f"{path}: as {name} was {age_ms / 1_000:.1f} s ago")


def to_jpeg(camera: str, keyframe: Offered) -> bytes:
    """A keyframe's packet as JPEG bytes. Raises BadMedia."""
    import av

    from flows.media.still import jpeg

    decoder = av.CodecContext.create(keyframe.stream.codec, "r")
    if keyframe.stream.extradata:
        decoder.extradata = keyframe.stream.extradata
    try:
        packets = (av.Packet(keyframe.data), None)
        frames = [frame for packet in packets for frame in decoder.decode(packet)]  # type: ignore[attr-defined]
    except av.FFmpegError:
        frames = []
    if not frames:
        raise BadMedia("its newest keyframe cannot be decoded", camera=camera)
    return jpeg(frames[0].to_ndarray(format="bgr24"))
