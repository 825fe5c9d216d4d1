"""`make footage`: fetches the sample clips into footage/, and shows licence and digest.

They stay out of the repository and of every package: here stand their names, public
address and digests only. Nothing else in the project fetches footage.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import httpx

# By commit, so that the digests hold.
ADDRESS = (
    "https://raw.githubusercontent.com/intel-iot-devkit/sample-videos/"
    "57978890822836f2b4743852f04f62fc511757e4/"
)
LICENCE = "CC BY 4.0, github.com/intel-iot-devkit/sample-videos"
CLIPS = {
    "bottle-detection.mp4": "d52ba94aedf8a923c342fe9ea1d2bd85f712c4cc0f49a6de1bac43eebe3a48ff",
    "car-detection.mp4": "d31e0ebf194cc16e50eea784e7c3b0b1bb7976a4fb9b3fec26cb92a6704cca34",
    "one-by-one-person-detection.mp4": (
        "a5964aa259099a482a8b360ffc2c57b5a30f84d5919236a4dad01f8e929ac07c"
    ),
}


class WrongDigest(Exception):
    """What came is not what was asked for."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fetch(name: str, folder: Path, client: httpx.Client) -> bool:
    """Puts one clip into `folder`; False where it lay there whole. Raises WrongDigest."""
    target = folder / name
    if target.is_file() and sha256(target.read_bytes()) == CLIPS[name]:
        return False
    data = client.get(ADDRESS + name, follow_redirects=True).raise_for_status().content
    if sha256(data) != CLIPS[name]:
        raise WrongDigest(f"{name}: expected SHA-256 {CLIPS[name]}, got {sha256(data)}")
    part = target.with_suffix(".part")
    part.write_bytes(data)
    part.replace(target)
    return True


def main(folder: Path) -> int:
    """Fetches what is missing; 1 where something could not be had."""
    folder.mkdir(exist_ok=True)
    say = sys.stdout.write
    say(f"sample clips, {LICENCE}\n")
    with httpx.Client(timeout=60) as client:
        for name, digest in CLIPS.items():
            try:
                came = fetch(name, folder, client)
            except (httpx.HTTPError, WrongDigest) as failed:
                sys.stderr.write(f"livecam: {name} could not be fetched: {failed}\n")
                return 1
            say(f"  {folder}/{name}  {'fetched' if came else 'was here'}  sha256 {digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path("footage")))
