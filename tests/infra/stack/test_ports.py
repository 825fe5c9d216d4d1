"""A port goes to one site at a time, and an answer there counts only when it is ours."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import MissingPart
from infra.stack.ports import Ports, is_free, listens
from tests.servers.process import free_port


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_port_in_use_is_passed_over_or_refused(busy: int, tmp_path: Path) -> None:
    ports = Ports(tmp_path)
    assert not is_free(busy)
    assert ports.free(busy) > busy
    with pytest.raises(MissingPart, match=r"prefect\.api names it"):
        ports.free(busy, only=True, what="prefect.api")
    ports.close()


def test_two_sites_choosing_at_once_get_different_ports(tmp_path: Path) -> None:
    wanted, one, other = free_port(), Ports(tmp_path), Ports(tmp_path)

    assert one.free(wanted) != other.free(wanted)

    one.close()
    third = Ports(tmp_path)
    assert third.free(wanted) == wanted
    third.close()
    other.close()


def test_who_listens_is_known(busy: int) -> None:
    assert listens(os.getpid(), busy)
    assert not listens(os.getppid(), busy)
