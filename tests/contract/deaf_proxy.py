"""A TCP proxy that passes a request on and hangs up instead of passing the reply back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CONTINUE = b"HTTP/1.1 100"


@contextmanager
def deaf_proxy(port: int) -> Iterator[tuple[str, list[bytes]]]:
    """Its address in front of 127.0.0.1:`port`, and the replies that it kept to itself."""
    kept: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, port, kept))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", kept
    finally:
        # Closing alone would not wake the thread that waits in accept().
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _serve(listener: socket.socket, port: int, kept: list[bytes]) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", port)) as server:
                _relay(client, server, kept)


def _relay(client: socket.socket, server: socket.socket, kept: list[bytes]) -> None:
    upward = threading.Thread(target=_pump, args=(client, server))
    upward.start()
    while reply := server.recv(65536):
        if not reply.startswith(CONTINUE):
            kept.append(reply)
            break
        client.sendall(reply)
    for end in (client, server):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
    upward.join(10)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
