"""A store that runs elsewhere is prepared beside the parts, whenever it comes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from edge.errors import Retryable
from edge.home import Home
from flows.config_file import whole as config
from flows.store import FOOTAGE, LIVECAM
from flows.store.access import Key
from infra.stack.ports import Ports
from infra.stack.prepare import beside, prepare
from infra.stack.site import Role, plan
from infra.waiting import wait_until
from tests.infra.conftest import client
from tests.servers.minio_server import Minio


@pytest.fixture
def outside(own_minio: Minio, config_file: Path) -> str:
    """The endpoint of a MinIO that is not the site's own, as the configuration names it."""
    store = {
        "kind": "s3",
        "endpoint": own_minio.endpoint,
        "access_key": own_minio.access_key,
        "secret_key": own_minio.secret_key,
    }
    config_file.write_text(yaml.safe_dump({"store": store}))
    return own_minio.endpoint


def test_a_store_that_comes_late_is_prepared_then(outside: str, own_minio: Minio) -> None:
    own_minio.stop()
    told: list[str] = []
    with beside(outside, told.append):
        wait_until(lambda: told, what="a word")
        own_minio.start()
        wait_until(lambda: len(told) > 1, what="the end")
    assert "does not answer" in told[0]
    assert told[1:] == [f"store is ready at {outside}"]
    s3 = client(outside, Key(own_minio.access_key, own_minio.secret_key))
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == {FOOTAGE, LIVECAM}


def test_it_ends_with_the_site(config_file: Path) -> None:
    silent = "http://127.0.0.1:9"
    store = {"kind": "s3", "endpoint": silent, "access_key": "a", "secret_key": "not-shown"}
    config_file.write_text(yaml.safe_dump({"store": store}))
    told: list[str] = []
    with beside(silent, told.append):
        wait_until(lambda: told, what="a word")
    assert len(told) == 1
    assert "not-shown" not in told[0]
    with pytest.raises(Retryable, match=r"the store cannot be prepared: .* does not answer"):
        prepare()


def test_only_a_hub_prepares_what_runs_elsewhere(outside: str, livecam_home: Path) -> None:
    def of(role: Role, node: str | None = None) -> str | None:
        ports = Ports(livecam_home / "ports")
        found = plan(config.load(), Home(livecam_home), ports, role, node).outside
        ports.close()
        return found

    assert of(Role.HUB) == of(Role.SITE) == outside
    assert of(Role.NODE, "local") is None
    with beside(None, pytest.fail):
        pass
