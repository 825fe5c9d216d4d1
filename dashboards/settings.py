"""`gateway:` of livecam.yaml, as the gateway reads it when it starts."""

from __future__ import annotations

from pathlib import Path

from edge.settings import find_file, read_document, section
from flows.gateway import GatewaySettings, Network

__all__ = ["GatewaySettings", "Network", "load"]


def load(path: Path | None = None) -> GatewaySettings:
    """The gateway's settings of a file, or of the one in force. Raises BadSettings."""
    document = read_document(path or find_file())
    return section(GatewaySettings, document.get("gateway"), "gateway")
