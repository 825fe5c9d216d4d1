"""Takes a CSI camera down the ladder by heat and up again; a JSON line a picture: `PICTURES`."""

from __future__ import annotations

import json
import logging
import sys
from itertools import islice
from typing import Any

import av

from edge.camera import blocks
from edge.camera.picamera import PicameraCamera, read_source
from edge.clock import SystemClock
from edge.encode import Conditions, Limits, Means

SOURCE = "0?size=640x960&fps=15"  # of three rungs: 960, 720 and 480 lines
HOT = 2  # looks


class Weather:
    """Too hot for as many looks as it takes to the lowest rung, and cool from then on."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self) -> Conditions:
        self._looks += 1
        return Conditions(temperature_c=90 if self._looks <= HOT else 40)


class Decoders:
    """Reads numbers off packets, as a player does: anew at each stream."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._decoder: Any = None

    def numbers(self, packet: av.Packet[Any]) -> list[int]:
        if packet.stream is not self._stream:
            assert packet.is_keyframe
            self._stream, self._decoder = packet.stream, av.CodecContext.create("h264", "r")
        seen = [blocks.read(f.to_ndarray(format="gray")) for f in self._decoder.decode(packet)]
        return [mark.frame if mark else -1 for mark in seen]


def main(count: int) -> None:
    limits = Limits(settle_ms=0, patience_ms=0, high_lag_s=100, fair_lag_s=100)
    means = Means(conditions=Weather(), limits=limits)
    feed = PicameraCamera("gate", read_source("gate", SOURCE), SystemClock(), means).open()
    decoders = Decoders()
    for packet in islice(feed.packets(), count):
        size = feed.video.codec_context.height
        for number in decoders.numbers(packet):
            told = {"n": number, "rung": feed.rung, "height": size, "pts": packet.pts}
            sys.stdout.write(json.dumps(told) + "\n")
    feed.close()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main(int(sys.argv[1]))
