"""MinIO on loopback with random root credentials."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.servers.process import Server, free_port

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Minio:
    """A running MinIO; `stop` and `start` keep port, data and credentials."""

    port: int
    access_key: str
    secret_key: str = field(repr=False)
    data_dir: Path
    server: Server = field(repr=False)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.server.start(lambda: is_ready(self.endpoint), seconds=60)

    def stop(self) -> None:
        self.server.stop()


def is_ready(endpoint: str) -> bool:
    """Whether a MinIO takes requests there."""
    try:
        reply = httpx.get(f"{endpoint}/minio/health/ready", timeout=2)
        # It says 200 while it starts, with `offline` in a header.
        return reply.is_success and "x-minio-server-status" not in reply.headers
    except httpx.TransportError:
        return False


def program() -> Path:
    """MinIO's program, built now if it never was."""
    script = ROOT / "infra" / "setup" / "minio.sh"
    built = subprocess.run(["sh", script], capture_output=True, text=True, check=False, cwd=ROOT)
    if built.returncode:
        raise RuntimeError(f"no MinIO to test against: {built.stderr}")
    return Path(built.stdout.splitlines()[-1])


@contextmanager
def running(folder: Path) -> Iterator[Minio]:
    """A MinIO with its data in `folder`, ended on leaving."""
    port, data = free_port(), folder / "data"
    access_key, secret_key = "root" + secrets.token_hex(6), secrets.token_urlsafe(24)
    server = Server(
        [
            *(program(), "server", data, "--quiet"),
            *("--address", f"127.0.0.1:{port}"),
            *("--console-address", f"127.0.0.1:{free_port()}"),
        ],
        log=folder / "minio.log",
        environment={
            "HOME": str(folder),
            "MINIO_ROOT_USER": access_key,
            "MINIO_ROOT_PASSWORD": secret_key,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
        },
    )
    minio = Minio(port, access_key, secret_key, data, server)
    minio.start()
    try:
        yield minio
    finally:
        minio.stop()
