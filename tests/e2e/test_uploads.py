"""Streamlit takes files from whoever has a page open; ours takes none."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from dashboards.access.visitor import Role
from edge.home import Home
from flows.settings import FlowSettings
from flows.site import open_site
from tests.dashboards.doors import account, accounts, visiting
from tests.e2e.screen import served


@pytest.mark.full
def test_nobody_fills_the_gateways_memory(livecam_home: Path, tmp_path: Path) -> None:
    access = accounts(open_site(FlowSettings(), Home(livecam_home)))
    account(access, "vera", Role.VIEWER, ["gate"])
    with (
        served(tmp_path, {"LIVECAM_HOME": str(livecam_home)}) as address,
        visiting(address, access, "vera") as vera,
    ):
        assert vera.get("/_stcore/health").status_code == 200
        vera.headers["X-Xsrftoken"] = vera.cookies["_streamlit_xsrf"]
        cookie = {"Cookie": f"livecam={vera.cookies['livecam']}"}
        with connect(
            address.replace("http", "ws") + "/_stcore/stream",
            additional_headers=cookie,
            proxy=None,
            max_size=None,
        ) as page:
            told = vera.put(
                f"/_stcore/upload_file/{_session(page)}/one", files={"file": ("x", b"x" * 1_000)}
            )
    assert told.status_code == 413


def _session(page: Connection) -> str:
    asked = BackMsg()
    asked.rerun_script.query_string = ""
    page.send(asked.SerializeToString())
    while True:
        told, message = page.recv(timeout=30), ForwardMsg()
        assert isinstance(told, bytes)
        message.ParseFromString(told)
        if message.WhichOneof("type") == "new_session":
            return str(message.new_session.initialize.session_id)
