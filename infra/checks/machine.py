"""This machine: Python, packages, disk, encoder, model, MinIO's program."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from edge.clock import Clock
from edge.encode import CANDIDATES
from edge.encode.choice import Choices
from edge.errors import BadModel, MissingPart
from edge.home import Home
from infra.checks import Check, fail, ok, warn

OLDEST, NEWEST = (3, 11), (3, 13)
GIB = 1 << 30
LITTLE_GIB, TOO_LITTLE_GIB = 10, 1
_PICTURES = (1920, 1080, 30)
BOARD = Path("/proc/device-tree/model")


def python() -> Check:
    """Between the versions that the lock was made for."""
    version = sys.version_info[:2]
    told = f"{version[0]}.{version[1]}.{sys.version_info[2]}"
    if OLDEST <= version <= NEWEST:
        return ok("python", told)
    return fail("python", f"{told} is not 3.11 to 3.13", "Install one of those, then run make")


def packages(distribution: str = "livecam") -> Check:
    """Every dependency is there, in a version that is known to run with the others."""
    try:
        wanted = [Requirement(line) for line in metadata.requires(distribution) or ()]
    except metadata.PackageNotFoundError:
        return warn("packages", f"{distribution} is not installed", "Run make")
    needed = [r for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]
    wrong = [found for requirement in needed if (found := _wrong(requirement))]
    if wrong:
        return fail("packages", "; ".join(wrong), "Run make: it installs the locked versions")
    return ok(
        "packages",
        f"{len(needed)} in versions that run together: {_told('prefect', 'boto3', 'deltalake')}",
    )


def _wrong(requirement: Requirement) -> str | None:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(version, prereleases=True):
        return None
    return f"{requirement.name} is {version}, not {requirement.specifier}"


def _told(*names: str) -> str:
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)


def home(at: Home) -> Iterator[Check]:
    """State can be written, and there is room for it."""
    folder = next(p for p in (at.root, *at.root.parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            yield ok("home", f"{at.root} can be written")
    except OSError as error:
        way_out = "Choose another by LIVECAM_HOME, or change its owner"
        yield fail("home", f"{folder}: {error.strerror}", way_out)
    usage = shutil.disk_usage(folder)
    yield disk(usage.total, usage.free)


def disk(total: int, free: int) -> Check:
    """Whether bytes enough are free for a day's work or so."""
    told = f"{free / GIB:.0f} of {total / GIB:.0f} GiB free"
    way_out = "Free some space, or move LIVECAM_HOME to a larger disk"
    if free < TOO_LITTLE_GIB * GIB:
        return fail("disk", told, way_out)
    if free < LITTLE_GIB * GIB:
        return warn("disk", told, way_out)
    return ok("disk", told)


def encoder(board: Path = BOARD) -> Check:
    """Which H.264 encoder a raw camera would find; IP cameras are copied and need none."""
    try:
        name = board.read_bytes().rstrip(b"\0").decode(errors="replace")
    except OSError:
        return ok("encoder", "not a Raspberry Pi; stream copy needs no encoder")
    if "Raspberry Pi 5" in name or "Compute Module 5" in name:
        told = f"{name} has no hardware H.264 encoder"
        return warn("encoder", told, "IP cameras need none; raw cameras are encoded by the CPU")
    return ok("encoder", f"{name}; raw cameras would use h264_v4l2m2m where it opens")


def encoding(clock: Clock) -> Check:
    """Which encoder was just seen to work for pictures, and why those before it were not."""
    found: list[str] = []
    fell: dict[str, str] = {}
    try:
        for codec in CANDIDATES:
            choice = Choices(Path(), clock).find(codec, *_PICTURES)
            found.append(choice.name)
            fell |= choice.fell
    except MissingPart as error:
        return fail("encoding", error.message, error.hint)
    reasons = dict.fromkeys(fell.values())
    names = {told: ", ".join(n for n, reason in fell.items() if reason == told) for told in reasons}
    why = "; ".join(f"{those}: {told}" for told, those in names.items())
    return ok("encoding", f"{' and '.join(found)} work here" + (f" ({why})" if why else ""))


def model(at: Home) -> Check:
    """The detection model, by its digest, and what it runs on here."""
    from flows.vision.models import FASTESTDET, best_detector, find

    pull = "'livecam models pull' fetches it"
    try:
        if find(at.models) is None:
            return warn("model", f"no {FASTESTDET.name}: the HOG detector is used", pull)
        found = best_detector(at.models)
    except BadModel as error:
        return fail("model", str(error), f"Remove the file; {pull}")
    return ok("model", f"{found.name}, SHA-256 {found.digest[:16]}…; {found.why}")


def minio_program(*, needed: bool) -> Check:
    """MinIO's server, which a site with an S3 store of its own runs."""
    from infra.minio import find_program

    try:
        return ok("minio", str(find_program()))
    except MissingPart as error:
        if needed:
            return fail("minio", error.message, error.hint)
        return ok("minio", "no server program here, and none is needed")
