"""sd_notify: what a recorder tells the service manager that started it."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.service import Service
from tests.edge.recording import Record


@pytest.fixture
def manager() -> Iterator[socket.socket]:
    """A service manager's end of the socket; its address is short, as such have to be."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener,
    ):
        listener.bind(f"{folder}/notify")
        listener.settimeout(30)
        yield listener


def test_a_recorder_tells_that_it_is_ready_lives_and_stops(
    manager: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", "3000000")
    recorder = Record(tmp_path / "node", {"gate": "scene:?size=320x176"})
    recorder.start()
    try:
        assert manager.recv(4096) == b"READY=1\nSTATUS=recording gate"
        assert manager.recv(4096) == manager.recv(4096) == b"WATCHDOG=1"
        recorder.wait_for("segment", 1)
        assert recorder.stop() == 0
        told = b""
        while told != b"STOPPING=1":
            told = manager.recv(4096)
            assert told in {b"WATCHDOG=1", b"STOPPING=1"}
    finally:
        recorder.kill()


def test_without_a_manager_or_once_it_is_gone_nothing_happens(manager: socket.socket) -> None:
    Service({}).ready("well")
    address = str(manager.getsockname())
    variables = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}
    service = Service(variables)
    assert variables == {}
    Path(address).unlink()
    service.ready("well")
    service.alive()


def test_an_abstract_socket_has_a_name_that_begins_with_nul() -> None:
    name = f"livecam-{id(object())}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(5)
        Service({"NOTIFY_SOCKET": f"@{name}"}).stopping()
        assert listener.recv(100) == b"STOPPING=1"
