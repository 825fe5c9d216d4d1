"""A connection whose camera still sends reports, and no pictures any more."""

from __future__ import annotations

import socket

from edge.camera.silence import Silence, connected_since, open_sockets


def test_a_connection_without_packets_is_shut_down_from_outside() -> None:
    before = open_sockets()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=30) as reader:
            camera, _ = listener.accept()
            silence = Silence(connected_since(before, port), seconds=0.2)
            camera.sendall(b"a report")
            read = list(iter(lambda: reader.recv(64), b""))
            assert b"".join(read) == b"a report"
            assert silence.cut
            silence.close()
            silence.close()
            camera.close()


def test_only_new_connections_to_the_camera_are_touched() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as old,
    ):
        port, before = listener.getsockname()[1], open_sockets()
        assert connected_since(before, port) == []
        with socket.create_connection(listener.getsockname()) as new:
            assert connected_since(before, port + 1) == []
            (found,) = connected_since(before, port)
            assert found.getsockname() == new.getsockname() != old.getsockname()
            found.close()
