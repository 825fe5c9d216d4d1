"""What a browser shows of drawn cameras: their marks, read off each picture as it appears."""

from __future__ import annotations

import zlib
from typing import NamedTuple

# Reads edge.camera.blocks: rows of 32 pairs of cells, as many as this camera's name takes.
READER = """
(video, rows) => {
  const shown = (window.shown = []);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const read = () => {
    canvas.width = video.videoWidth;
    canvas.height = Math.ceil((video.videoWidth / 80) * rows);
    pen.drawImage(video, 0, 0);
    const at = Date.now();
    const unit = video.videoWidth / 80;
    const { data, width } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const green = (column, row) =>
      data[(Math.floor((row + 0.5) * unit) * width + Math.floor((column + 0.5) * unit)) * 4 + 1];
    let bits = "";
    for (let bit = 0; bit < 32 * rows; bit += 1) {
      const [column, row] = [2 * (bit % 32), Math.floor(bit / 32)];
      bits += green(column, row) > green(column + 1, row) ? "1" : "0";
    }
    shown.push([at, bits]);
    video.requestVideoFrameCallback(read);
  };
  video.requestVideoFrameCallback(read);
}
"""
TAKE = "() => window.shown.splice(0)"


class Shown(NamedTuple):
    """A picture on the screen: when it was there, and what it tells (UTC, ms; its number)."""

    at_ms: int
    utc_ms: int
    frame: int

    @property
    def late_ms(self) -> int:
        """How long after it was drawn it was there."""
        return self.at_ms - self.utc_ms


def parse(at_ms: int, bits: str) -> Shown | None:
    """None where the mark's checksum does not hold."""
    told = int(bits, 2).to_bytes(len(bits) // 8, "big")
    length = 11 + told[10]
    if zlib.crc32(told[:length]).to_bytes(4, "big") != told[length : length + 4]:
        return None
    return Shown(at_ms, int.from_bytes(told[:6], "big"), int.from_bytes(told[6:10], "big"))


def parsed(taken: list[tuple[int, str]]) -> list[Shown]:
    """What TAKE answers, in order."""
    return [found for found in (parse(at, bits) for at, bits in taken) if found is not None]
