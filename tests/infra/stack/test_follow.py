"""A running `up` and an edited livecam.yaml: rights, recorders, and what wants a restart."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from edge.clock import SystemClock
from edge.home import Home
from flows.config_file import whole as config
from flows.store import FOOTAGE
from infra import minio
from infra.stack.follow import Follower
from infra.stack.part import Part
from infra.stack.site import Addresses, Plan
from infra.stack.supervisor import Supervisor
from infra.waiting import wait_until
from tests.infra.conftest import DOCUMENT, SiteStore

PLAN = Plan((), Addresses(None, None, None))


class Site:
    """A livecam.yaml, who follows it, and what was told."""

    def __init__(self, path: Path, home: Home, document: dict[str, Any]) -> None:
        self.path, self.document = path, document
        self.edit()
        self.told: list[str] = []
        self.parts = Supervisor(home, [], SystemClock(), self.told.append)
        self.follower = Follower(
            config.load(), self.told.append, lambda node: _part(f"record-{node}"), hub=True
        )

    def edit(self, **changes: Any) -> None:
        self.document = {**self.document, **changes}
        self.path.write_text(yaml.safe_dump(self.document))

    def until(self, ready: Callable[[], object]) -> None:
        def ticked() -> object:
            self.follower.tick(self.parts, PLAN)
            return ready()

        wait_until(ticked, what=f"it; told: {self.told}")

    def until_told(self, words: str) -> None:
        self.until(lambda: any(words in line for line in self.told))


def _part(name: str) -> Part:
    return Part(name, (sys.executable, "-c", "pass"))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "livecam.yaml"
    monkeypatch.setenv("LIVECAM_CONFIG", str(path))
    return path


def test_a_camera_that_is_added_may_be_stored_by_its_node(
    path: Path, site_store: SiteStore
) -> None:
    root = minio.root_key(site_store.home)
    store = {"kind": "s3", "endpoint": site_store.endpoint}
    store |= {"access_key": root.access_key, "secret_key": root.secret_key}
    site = Site(path, site_store.home, {**DOCUMENT, "store": store})
    pi1 = site_store.client(site_store.owner.make_node(site_store.config, "pi1"))

    def put() -> None:
        pi1.put_object(Bucket=FOOTAGE, Key="videos/barn/2026-11-01/a", Body=b"a")

    with pytest.raises(ClientError, match="AccessDenied"):
        put()
    with site.follower:
        site.edit(cameras={**DOCUMENT["cameras"], "barn": {"node": "pi1", "source": "scene:"}})
        site.until_told("knows the cameras as they are now")
    put()
    assert not any(root.secret_key in line for line in site.told)


def test_what_only_a_restart_takes_over_is_told_and_a_wrong_file_once(
    path: Path, livecam_home: Path
) -> None:
    site = Site(path, Home(livecam_home), {"nodes": {"pi1": {}, "pi2": {}}})
    with site.follower:
        site.edit(nodes={"pi1": {}, "pi3": {}}, prefect={"api": "http://hub:4200/api"})
        site.until_told("nodes: is another")
        site.until_told("prefect: is another")
        site.edit(camras={})
        site.until_told("'camras'")
        site.edit(site="elsewhere")
        del site.document["camras"]
        site.edit(store={"kind": "s3"})
        site.until_told("store: is another")
    assert sum("is not taken over" in line for line in site.told) == 1


def test_a_node_that_gets_its_first_camera_gets_a_recorder(path: Path, livecam_home: Path) -> None:
    site = Site(path, Home(livecam_home), {"nodes": {"pi1": {}}})
    assert site.parts.waiting() == []
    with site.follower:
        site.edit(cameras={"gate": {"node": "pi1", "source": "scene:"}})
        site.until(site.parts.waiting)
    assert site.parts.waiting() == ["record-pi1"]
