"""`livecam doctor` on Raspberry Pis, as far as their boot settings go; none was at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.checks import Level
from infra.checks.pi import checks, read

PI_4, PI_5, ZERO = (
    "Raspberry Pi 4 Model B Rev 1.5",
    "Raspberry Pi 5 Model B Rev 1.0",
    "Raspberry Pi Zero 2 W Rev 1.0",
)
# As Raspberry Pi OS writes it.
CONFIG = """\
# For more options and information see config.txt's documentation
dtparam=audio=on
camera_auto_detect=1
dtoverlay=vc4-kms-v3d
arm_boost=1
[cm4]
otg_mode=1
[all]
"""


def pi(
    root: Path, model: str = PI_4, config: str | None = CONFIG, cma: int = 512, memory: int = 3_800
) -> Path:
    """A Pi's files below `root`."""
    (root / "proc/device-tree").mkdir(parents=True)
    (root / "proc/device-tree/model").write_text(f"{model}\0")
    lines = {"MemTotal": memory, "CmaTotal": cma, "CmaFree": cma - 60}
    text = "".join(f"{name}:{mib * 1024:>16} kB\n" for name, mib in lines.items())
    (root / "proc/meminfo").write_text(text)
    if config is not None:
        (root / "boot/firmware").mkdir(parents=True)
        (root / "boot/firmware/config.txt").write_text(config)
    return root


def told(root: Path) -> dict[str, tuple[Level, str]]:
    return {c.name: (c.level, f"{c.told}. {c.way_out or ''}") for c in checks(root)}


def test_a_machine_that_is_no_pi_is_told_calmly(tmp_path: Path) -> None:
    [only] = checks(tmp_path)
    assert (only.level, only.way_out) == (Level.OK, None)
    assert "not a Raspberry Pi" in only.told


@pytest.mark.parametrize("model", [PI_4, PI_5])
def test_what_raspberry_pi_os_writes_is_fine(model: str, tmp_path: Path) -> None:
    found = told(pi(tmp_path, model))
    missing = found.pop("pi-picamera2")
    assert {level for level, _ in found.values()} == {Level.OK}
    assert missing[0] is Level.WARN
    assert "sudo apt install python3-picamera2" in missing[1]
    assert "452 of 512 MiB" in found["pi-cma"][1]


@pytest.mark.parametrize(
    ("facts", "check", "level", "words"),
    [
        ({"config": "camera_auto_detect=1"}, "pi-graphics", Level.WARN, "Write dtoverlay=vc4-kms"),
        (
            {"config": "dtoverlay=vc4-fkms-v3d"},
            "pi-graphics",
            Level.WARN,
            "Write vc4-kms-v3d for vc4-fkms-v3d",
        ),
        ({"config": f"{CONFIG}start_x=1"}, "pi-cameras", Level.FAIL, "Remove start_x=1"),
        ({"config": "dtoverlay=vc4-kms-v3d"}, "pi-cameras", Level.WARN, "camera_auto_detect=1"),
        ({"config": f"{CONFIG}gpu_mem=16"}, "pi-gpu-mem", Level.WARN, "without its H.264 encoder"),
        ({"config": f"{CONFIG}gpu_mem=512"}, "pi-gpu-mem", Level.WARN, "lost to libcamera"),
        ({"cma": 64}, "pi-cma", Level.WARN, "dtoverlay=vc4-kms-v3d,cma-512 in"),
        ({"cma": 64, "memory": 416}, "pi-cma", Level.WARN, "cma-256"),
        ({"config": None}, "pi-boot", Level.WARN, "no config.txt"),
    ],
)
def test_what_is_amiss_is_told_with_the_line_to_write(
    facts: dict[str, object], check: str, level: Level, words: str, tmp_path: Path
) -> None:
    found = told(pi(tmp_path, **facts))  # type: ignore[arg-type]
    assert found[check][0] is level
    assert words in found[check][1]


def test_a_pi_5_has_no_use_for_gpu_mem(tmp_path: Path) -> None:
    found = told(pi(tmp_path, PI_5, f"{CONFIG}gpu_mem=16"))
    assert found["pi-gpu-mem"][0] is Level.OK


def test_only_the_sections_of_this_model_hold(tmp_path: Path) -> None:
    config = "[pi5]\ngpu_mem=16\n[pi4]\ngpu_mem=128 # for the encoder\n[none]\nstart_x=1\n[all]\n"
    four = read(pi(tmp_path / "4", PI_4, config + CONFIG))
    zero = read(pi(tmp_path / "0", ZERO, config + "dtoverlay=imx219,cam0"))
    assert four is not None
    assert zero is not None
    assert (four.settings["gpu_mem"], four.settings.get("start_x")) == ("128", None)
    assert (zero.settings.get("gpu_mem"), zero.overlays) == (None, ("imx219,cam0",))
    assert (four.encodes, zero.encodes) == (True, True)
