"""A Raspberry Pi's boot settings, as its CSI cameras need them: read only, from `root` on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from infra.checks import Check, fail, ok, warn

MIB = 1 << 20
# One camera of 12 megapixels takes up to 280 MiB of contiguous memory, all modes considered; no
# Raspberry Pi gives more than 512, and those below 1 GiB not more than 256.
LEAST_CMA_MIB, CMA_MIB, LITTLE_CMA_MIB = 256, 512, 256
# With less than this the firmware starts without its codecs, and /dev/video11 is missing.
LEAST_GPU_MIB = 64
_RESTART = "and restart"

# A conditional section of config.txt → what the model's name must have in it.
_SECTIONS = {
    "pi0": ("Zero",),
    "pi0w": ("Zero W",),
    "pi02": ("Zero 2",),
    "pi3": ("Raspberry Pi 3", "Compute Module 3"),
    "pi3+": ("Raspberry Pi 3 Model B Plus", "Raspberry Pi 3 Model A Plus"),
    "pi4": ("Raspberry Pi 4", "Compute Module 4"),
    "pi400": ("Raspberry Pi 400",),
    "cm4": ("Compute Module 4",),
    "pi5": ("Raspberry Pi 5", "Compute Module 5"),
    "pi500": ("Raspberry Pi 500",),
    "cm5": ("Compute Module 5",),
}


@dataclass(frozen=True, slots=True)
class Boot:
    """What a Pi was started with. Sizes are MiB, None where nothing says."""

    model: str
    config: Path | None  # config.txt
    overlays: tuple[str, ...]  # dtoverlay's values, `vc4-kms-v3d,cma-512`
    settings: Mapping[str, str]
    cma_mib: int | None
    free_cma_mib: int | None
    memory_mib: int | None

    @property
    def encodes(self) -> bool:
        """Whether its hardware encodes H.264: every one before the fifth."""
        return not re.search(r"Raspberry Pi 5|Compute Module 5", self.model)


def read(root: Path = Path("/")) -> Boot | None:
    """What stands below `root`; None where it is no Raspberry Pi. What is missing is left out."""
    model = _text(root / "proc/device-tree/model").rstrip("\0")
    if "Raspberry Pi" not in model:
        return None
    places = (root / "boot/firmware/config.txt", root / "boot/config.txt")
    config = next((place for place in places if place.is_file()), None)
    lines = list(_lines(_text(config), model)) if config else []
    memory = _memory(_text(root / "proc/meminfo"))
    return Boot(
        model=model,
        config=config,
        overlays=tuple(value for name, value in lines if name == "dtoverlay"),
        settings={name: value for name, value in lines if name != "dtoverlay"},
        cma_mib=memory.get("CmaTotal"),
        free_cma_mib=memory.get("CmaFree"),
        memory_mib=memory.get("MemTotal"),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _lines(text: str, model: str) -> Iterator[tuple[str, str]]:
    """Names and values that hold for this model, in order."""
    holds = True
    for line in (whole.partition("#")[0].strip() for whole in text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").lower()
            holds = section == "all" or any(w in model for w in _SECTIONS.get(section, ()))
        elif holds and "=" in line:
            name, _, value = line.partition("=")
            yield name.strip(), value.strip()


def _memory(text: str) -> dict[str, int]:
    found = re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)
    return {name: int(kib) * 1024 // MIB for name, kib in found}


def checks(root: Path = Path("/")) -> Iterator[Check]:
    """Every finding on CSI cameras; one calm line where this is no Raspberry Pi."""
    boot = read(root)
    if boot is None:
        yield ok("pi", "not a Raspberry Pi: no boot settings to look at, and no CSI cameras")
        return
    yield picamera2()
    if boot.config is None:
        yield warn("pi-boot", f"{boot.model}: no config.txt in /boot/firmware nor /boot")
    else:
        yield graphics(boot)
        yield cameras(boot)
        yield firmware_memory(boot)
    yield contiguous_memory(boot)


def picamera2() -> Check:
    """Whether this Python has it, and libcamera's bindings."""
    missing = [name for name in ("libcamera", "picamera2") if find_spec(name) is None]
    if not missing:
        return ok("pi-picamera2", "picamera2 and libcamera are here")
    return warn(
        "pi-picamera2",
        f"CSI cameras need {' and '.join(missing)}, which this Python has not",
        "sudo apt install python3-picamera2, then make clean install",
    )


def graphics(boot: Boot) -> Check:
    """vc4-kms-v3d: the driver that libcamera's buffers are made for."""
    names = [overlay.partition(",")[0] for overlay in boot.overlays]
    if any(name.startswith("vc4-kms-v3d") for name in names):
        return ok("pi-graphics", f"{boot.config} has vc4-kms-v3d")
    way_out = f"Write dtoverlay=vc4-kms-v3d in {boot.config} {_RESTART}"
    if "vc4-fkms-v3d" in names:
        way_out = f"Write vc4-kms-v3d for vc4-fkms-v3d in {boot.config} {_RESTART}"
    return warn("pi-graphics", f"{boot.config} lacks dtoverlay=vc4-kms-v3d", way_out)


def cameras(boot: Boot) -> Check:
    """The old camera stack hides every camera from libcamera."""
    if boot.settings.get("start_x") == "1":
        told = "start_x=1 starts the old camera stack: libcamera finds no camera"
        return fail("pi-cameras", told, f"Remove start_x=1 from {boot.config} {_RESTART}")
    # Sensors have overlays of their own names: imx708, ov5647,cam0.
    sensors = [o for o in boot.overlays if re.match(r"(imx|ov|arducam)[\w-]*", o)]
    if boot.settings.get("camera_auto_detect") == "1" or sensors:
        return ok("pi-cameras", f"looked for at start{': ' * bool(sensors)}{' '.join(sensors)}")
    way_out = f"Write camera_auto_detect=1, or your sensor's dtoverlay, in {boot.config} {_RESTART}"
    return warn("pi-cameras", f"{boot.config} asks for no camera", way_out)


def firmware_memory(boot: Boot) -> Check:
    """gpu_mem: libcamera takes none of it, a Pi 4's encoder does."""
    asked = boot.settings.get("gpu_mem", "")
    if not boot.encodes or not asked.isdecimal():
        return ok("pi-gpu-mem", "gpu_mem is not set" if not asked else "gpu_mem does nothing here")
    told = f"gpu_mem={asked}"
    if int(asked) < LEAST_GPU_MIB:
        way_out = f"Remove gpu_mem from {boot.config} {_RESTART}"
        return warn("pi-gpu-mem", f"{told}: the firmware starts without its H.264 encoder", way_out)
    if int(asked) > LEAST_CMA_MIB:
        way_out = f"Remove gpu_mem from {boot.config} {_RESTART}"
        return warn("pi-gpu-mem", f"{told} is lost to libcamera, which takes none of it", way_out)
    return ok("pi-gpu-mem", told)


def contiguous_memory(boot: Boot) -> Check:
    """CMA: where a camera's pictures are."""
    if boot.cma_mib is None:
        return warn("pi-cma", "the kernel tells of no contiguous memory (CmaTotal)")
    told = f"{boot.free_cma_mib or 0} of {boot.cma_mib} MiB of contiguous memory free"
    small = boot.memory_mib is not None and boot.memory_mib < 900
    if boot.cma_mib >= LEAST_CMA_MIB:
        return ok("pi-cma", told)
    wanted = LITTLE_CMA_MIB if small else CMA_MIB
    where = boot.config or "/boot/firmware/config.txt"
    way_out = f"Write dtoverlay=vc4-kms-v3d,cma-{wanted} in {where} (no cma= in cmdline.txt)"
    return warn("pi-cma", f"{told}: a camera may need up to 280", f"{way_out} {_RESTART}")
