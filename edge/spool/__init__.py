"""The spool: a node's footage on its way to the store. States are folders.

    recording/   <stem>.part, <stem>.index     being written
    sealed/      <id>.mp4, <id>.json           whole (E1); <gap id>.gap.json
    quarantine/  the bytes, and <name>.reason.json
    account/     <camera>.json                 up to when the camera's time is accounted for
    locks/       one writer a camera
    policy.json  how much may lie here, and what gives way: the recorder writes it (edge/quota.py)
    reserve      room for what must be written when the disk is full
    vain         whether the last drop made room

Seal (E1): fsync of the file; its sidecar by temporary name, fsync, rename; the MP4 by a rename
that refuses to replace; fsync of the folder; then the index goes. `recover` finishes or undoes
whatever a crash left between any two of these.
"""

from __future__ import annotations

from edge.spool.items import Account, CameraDepth, Depth, SealedGap, SealedSegment
from edge.spool.recording import Recording
from edge.spool.spool import Spool

__all__ = [
    "Account",
    "CameraDepth",
    "Depth",
    "Recording",
    "SealedGap",
    "SealedSegment",
    "Spool",
]
