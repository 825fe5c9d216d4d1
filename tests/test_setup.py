"""What a fresh machine installs: whole, hashed locks; targets that are listed; clear refusals."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.setup import footage

ROOT = Path(__file__).parents[1]
SETUP = ROOT / "infra" / "setup"
LOCKS = ["requirements.lock", "requirements-test.lock", "requirements-pi.lock"]


def locked(lock: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Canonical name → the pinned requirement and its hashes."""
    entries = (ROOT / lock).read_text().replace("\\\n", "").splitlines()
    found: dict[str, tuple[Requirement, list[str]]] = {}
    for entry in entries:
        pinned, *hashes = re.split(r"\s+--hash=", entry)
        requirement = Requirement(pinned)
        found[canonicalize_name(requirement.name)] = (requirement, hashes)
    return found


def direct(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][e] for e in extras)]
    return [Requirement(text) for group in groups for text in group]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_line_is_pinned_and_hashed(lock: str) -> None:
    for requirement, hashes in locked(lock).values():
        assert [s.operator for s in requirement.specifier] == ["=="], requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ["build"]), (LOCKS[1], ["build", "test"])]
)
def test_a_lock_holds_every_direct_dependency(lock: str, extras: list[str]) -> None:
    entries = locked(lock)
    for wanted in direct(*extras):
        pinned, _ = entries[canonicalize_name(wanted.name)]
        version = next(iter(pinned.specifier)).version
        assert wanted.specifier.contains(version), f"{wanted} is locked at {version}"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_a_lock_serves_every_supported_machine(machine: str, python: str) -> None:
    environment = {
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "python_full_version": f"{python}.4",
        "python_version": python,
        "sys_platform": "linux",
    }
    for wanted in direct("build"):
        pinned, _ = locked("requirements.lock")[canonicalize_name(wanted.name)]
        assert pinned.marker is None or pinned.marker.evaluate(environment)


def test_the_locks_agree() -> None:
    tests = locked(LOCKS[1])
    for name, (requirement, _) in locked(LOCKS[0]).items():
        assert tests[name][0].specifier == requirement.specifier


def test_minio_is_pinned_in_one_place() -> None:
    version = re.search(r"^MINIO_VERSION=(\S+)$", (SETUP / "minio.sh").read_text(), re.MULTILINE)
    assert version
    named = subprocess.run(
        ["git", "grep", "-lF", version[1]], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert named.stdout.split() == ["infra/setup/minio.sh"]


def test_help_lists_every_target_one_may_ask_for() -> None:
    shown = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    # `servers` is a step of others.
    assert {line.split()[0] for line in shown.splitlines()} == {*phony[1].split()} - {"servers"}


def test_a_missing_package_is_named_where_it_cannot_be_installed(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "dpkg-query").write_text("#!/bin/sh\nexit 1\n")
    for stand_in in tmp_path.iterdir():
        stand_in.chmod(0o755)
    shell = shutil.which("sh") or "sh"
    refused = subprocess.run(
        [shell, SETUP / "packages.sh", "chromium"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "missing Debian packages: chromium" in refused.stderr


def test_a_python_too_old_or_too_new_is_refused(tmp_path: Path) -> None:
    refused = subprocess.run(
        ["sh", SETUP / "venv.sh"],
        cwd=tmp_path,
        env={**os.environ, "PYTHON": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 found at false" in refused.stderr
    assert not (tmp_path / ".venv").exists()


def test_on_a_raspberry_pi_the_environment_sees_the_distributions_packages(tmp_path: Path) -> None:
    # A Python that says what it is asked for, but makes nothing.
    python, model = tmp_path / "python", tmp_path / "model"
    python.write_text(f'#!/bin/sh\n[ "$1" = -m ] && echo "$@" || exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    model.write_text("Raspberry Pi 5 Model B Rev 1.0\0")
    for path, asked in ((model, "-m venv --system-site-packages .venv"), (python, "-m venv .venv")):
        made = subprocess.run(
            ["sh", SETUP / "venv.sh"],
            cwd=tmp_path,
            env={**os.environ, "PYTHON": str(python), "PI_MODEL": str(path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert made.stdout.splitlines()[-1] == asked


def test_the_command_stands_in_the_environment() -> None:
    shown = subprocess.run(
        [Path(sys.executable).with_name("livecam"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Usage" in shown.stdout


def test_footage_with_another_digest_is_not_kept(tmp_path: Path) -> None:
    other = httpx.MockTransport(lambda _: httpx.Response(200, content=b"other"))
    with httpx.Client(transport=other) as client, pytest.raises(footage.WrongDigest):
        footage.fetch("car-detection.mp4", tmp_path, client)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sample
def test_footage_is_fetched_once(tmp_path: Path, samples: Path) -> None:
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=(samples / "car-detection.mp4").read_bytes())

    with httpx.Client(transport=httpx.MockTransport(serve)) as client:
        assert footage.fetch("car-detection.mp4", tmp_path, client)
        assert not footage.fetch("car-detection.mp4", tmp_path, client)
    assert asked == [footage.ADDRESS + "car-detection.mp4"]
