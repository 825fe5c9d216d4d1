"""`livecam install`: units that systemd takes, and that start what they say."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
from configparser import RawConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.errors import BadSettings
from infra.cli.install import install as command
from infra.systemd.units import RECORD, UPLOAD, Node, units

SITE = """\
nodes: {pi1: {}, pi2: {}}
store: {kind: s3, endpoint: "http://nas", access_key: a, secret_key: "{NAS_SECRET}"}
cameras:
  gate: {node: pi1, source: "scene:?size=320x176"}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "livecam.yaml"
    path.write_text(SITE)
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def parsed(text: str) -> RawConfigParser:
    found = RawConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(text)
    return found


def test_units_are_written_and_what_is_next_is_told(site: Path, livecam_home: Path) -> None:
    folder = site.parent / "units"
    told = run("--node", "pi1", "--user", getpass.getuser(), "--to", str(folder)).stderr
    assert {path.name for path in folder.iterdir()} == {RECORD, UPLOAD}
    assert f"NAS_SECRET=… to {livecam_home}/secrets/environment" in told
    assert f"systemctl enable --now {RECORD} {UPLOAD}" in told
    unit = parsed((folder / RECORD).read_text())
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["WorkingDirectory"] == str(site.parent)
    assert unit["Service"]["ReadWritePaths"] == str(livecam_home)
    assert livecam_home.is_dir()
    assert "nas" not in (folder / UPLOAD).read_text()


def test_the_recorder_that_a_unit_names_runs(site: Path, livecam_home: Path) -> None:
    rows = [
        json.loads(line)
        for line in run("--node", "pi1", "--print", "--json").stdout.split("\n")
        if line
    ]
    unit = parsed(next(row["text"] for row in rows if row["unit"] == RECORD))
    variables = dict(word.split("=", 1) for word in shlex.split(unit["Service"]["Environment"]))
    assert not livecam_home.exists()
    livecam_home.mkdir()
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind(f"{folder}/notify")
        manager.settimeout(30)
        started = subprocess.Popen(
            shlex.split(unit["Service"]["ExecStart"]),
            cwd=unit["Service"]["WorkingDirectory"],
            env={**os.environ, **variables, "NAS_SECRET": "s", "NOTIFY_SOCKET": f"{folder}/notify"},
            stderr=subprocess.PIPE,
        )
        try:
            assert manager.recv(100) == b"READY=1\nSTATUS=recording gate"
        finally:
            started.send_signal(signal.SIGTERM)
            said = started.communicate(timeout=30)[1]
    assert started.returncode == 0, said


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        return  # nothing here reads units; their form is looked at above
    home = tmp_path / "a home of 100%"
    home.mkdir()
    node = Node("pi1", "root", home / "livecam.yaml", home, ("root",))
    paths = []
    for name, text in units(node).items():
        paths.append(tmp_path / name)
        paths[-1].write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", *paths], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "livecam-" in line]
    assert not ours


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "several nodes.*pi1, pi2"),
        (("--node", "pi3"), "pi3"),
        (("--node", "pi1", "--user", "no-such-user"), "no user 'no-such-user'"),
    ],
)
def test_what_cannot_be_meant_is_refused(site: Path, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(BadSettings, match=told):
        run(*words, "--to", str(site.parent / "units"))
    assert not (site.parent / "units").exists()


def test_help_has_an_example() -> None:
    assert "livecam --config" in run("--help").output
