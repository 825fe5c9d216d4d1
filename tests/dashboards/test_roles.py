"""Which role each operation wants: every one of the OpenAPI, and nobody less gets in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboards.access.visitor import Role, Visitor
from tests.dashboards.conftest import gateway
from tests.dashboards.rights import HIDDEN, SEEN, World, filled, named

_LOOK, _WORK, _RULE = Role.VIEWER, Role.OPERATOR, Role.ADMIN
# What changes something; all that looks is for everybody, but for what stands here.
WANTED: dict[tuple[str, str], Role] = {
    ("post", "/v1/holds"): _WORK,
    ("post", "/v1/releases"): _WORK,
    ("delete", "/v1/holds/{id}"): _WORK,
    ("post", "/v1/exports"): _WORK,
    ("delete", "/v1/exports/{id}"): _WORK,
    ("get", "/v1/estimate"): _WORK,
    ("post", "/v1/cameras"): _RULE,
    ("patch", "/v1/cameras/{camera}"): _RULE,
    ("delete", "/v1/cameras/{camera}"): _RULE,
    ("post", "/v1/cameras/{camera}/pause"): _WORK,
    ("post", "/v1/cameras/{camera}/resume"): _WORK,
    ("post", "/v1/cameras/{camera}/test"): _RULE,
    ("get", "/v1/config/versions"): _RULE,
    ("get", "/v1/users"): _RULE,
    ("post", "/v1/users"): _RULE,
    ("patch", "/v1/users/{name}"): _RULE,
    ("delete", "/v1/users/{name}"): _RULE,
    ("post", "/v1/users/{name}/link"): _RULE,
    ("get", "/v1/keys"): _RULE,
    ("post", "/v1/keys"): _RULE,
    ("delete", "/v1/keys/{name}"): _RULE,
    ("get", "/v1/audit"): _RULE,
    ("post", "/v1/session"): _LOOK,
    ("delete", "/v1/session"): _LOOK,
    ("post", "/videos/search"): _LOOK,
}
# For nodes, by their own keys: whatever a visitor's role.
_NODES = {("post", "/v1/nodes/{id}/heartbeat"), ("get", "/v1/nodes/{id}/config")}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, httpx.Client]]:
    root: Path = tmp_path_factory.mktemp("roles")
    world = World.of(root, SEEN, HIDDEN)
    with gateway(world.site, world.app) as client:
        yield world, client


def operations(client: httpx.Client) -> Iterator[tuple[str, str]]:
    schema: dict[str, Any] = client.get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method in methods:
            yield method, path


def test_every_operation_that_changes_something_has_its_role(
    asked: tuple[World, httpx.Client],
) -> None:
    found = set(operations(asked[1])) - _NODES
    assert {one for one in found if one[0] != "get"} == {one for one in WANTED if one[0] != "get"}
    assert set(WANTED) <= found


@pytest.mark.parametrize("role", list(Role))
def test_nobody_does_what_wants_another_role(asked: tuple[World, httpx.Client], role: Role) -> None:
    """Bodies are empty: who may is told what is missing (4xx), who may not that they may not."""
    world, client = asked
    who, wrong = named(Visitor("kim", role)), []
    for method, path in operations(client):
        wanted = WANTED.get((method, path), Role.VIEWER)
        refused = (method, path) in _NODES or not role.may(wanted)
        if method != "get" and not refused:
            continue  # it would be done
        answer = client.request(method, filled(path, world.ids[SEEN]), headers=who)
        if refused != (answer.status_code in {401, 403}) or answer.status_code >= 500:
            wrong.append(f"{method} {path}: {answer.status_code} for {role}")
    assert wrong == []
