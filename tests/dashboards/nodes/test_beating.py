"""A node's own process code against the whole gateway, before and after the first account."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette

from dashboards.access.access import access_of
from dashboards.nodes.book import NodeBook
from dashboards.server import gateway_routes, guarded
from edge.clock import SystemClock
from edge.modes.pause import paused
from edge.serving import token
from edge.serving.following import SameFile
from edge.serving.heartbeat import Gateway, Heart
from flows.config_file.versions import Versions
from flows.gateway import GatewaySettings
from flows.site import Following
from tests.dashboards.conftest import gateway
from tests.flows.stage_site import folder_site

HUB = "cameras: {gate: {source: 'scene:'}}\n"


@pytest.mark.parametrize("accounts", [False, True])
def test_a_node_beside_its_gateway_is_heard(
    tmp_path: Path, livecam_home: Path, accounts: bool
) -> None:
    site = folder_site(livecam_home, {"cameras": {"gate": {"source": "scene:"}}})
    path, clock, home = tmp_path / "livecam.yaml", SystemClock(), site.home
    path.write_text(HUB)
    version = Versions(home, clock).keep(HUB)
    access, book = access_of(home), NodeBook(home, clock)
    if accounts:
        access.links.use(access.links.make(), "ann", "a long enough password")
    _, key = access.keys.add("local-here", node="local")
    book.order("local", "gate", paused=True)
    app = Starlette(routes=gateway_routes(Following(site)))
    with gateway(site, guarded(app, Following(site), GatewaySettings())) as client:
        where = Gateway(str(client.base_url).rstrip("/").removesuffix("/v1"), key)
        heart = Heart(home, "local", clock, where, 8000, SameFile(path))
        assert heart.beat()
        assert heart.beat()
        stranger = Gateway(where.url, "lck_of-nobody")
        assert not Heart(home, "local", clock, stranger, 8000, SameFile(path)).beat()
    heard = book.heard()["local"]
    assert heard.beat.config.version == version.number
    assert heard.url == "http://127.0.0.1:8000"
    assert list(paused(home.recorder)) == ["gate"]
    assert token.read(home, "local")
