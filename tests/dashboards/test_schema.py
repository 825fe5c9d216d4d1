"""The OpenAPI is true: whatever it allows is answered as it says, and nobody unknown is let in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboards.access.visitor import Role
from tests.dashboards import doors
from tests.dashboards.rights import HIDDEN, SEEN, World

# Of what a schema allows some is refused for what only several fields say together: an end before
# its start, a year of coverage.
NOT_ASKED = ("positive_data_acceptance", "ignored_auth")
# The key is given to every request: no cookie is made up beside it.
CONFIG = "[generation]\nwith-security-parameters = false\n"


@dataclass(frozen=True)
class Gateway:
    """A whole gateway with footage, behind its door; `secret` is an administrator's key."""

    address: str
    secret: str

    @property
    def schema(self) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}"}
        return httpx.get(
            f"{self.address}/api/openapi.json", headers=headers, trust_env=False
        ).json()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    world = World.of(tmp_path_factory.mktemp("world"), SEEN, HIDDEN)
    _, secret = doors.accounts(world.site).keys.add("fuzz", Role.ADMIN)
    with doors.door(world.site) as address:
        yield Gateway(address, secret)


def asked(whole: Gateway, folder: Path, *more: str) -> str:
    """What schemathesis says of the whole schema; it ends with 1 where something is untrue."""
    (folder / "schemathesis.toml").write_text(CONFIG)
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "run"),
            f"{whole.address}/api/openapi.json",
            *("--header", f"Authorization: Bearer {whole.secret}"),
            *("--exclude-checks", ",".join(NOT_ASKED)),
            *("--max-redirects", "0", "--warnings", "off", "--continue-on-failure", *more),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    told = done.stdout[-20_000:] + done.stderr[-2_000:]
    assert done.returncode == 0, told
    return told


def test_what_the_schema_gives_as_examples_is_answered_as_it_says(
    whole: Gateway, tmp_path: Path
) -> None:
    told = asked(whole, tmp_path, "--phases", "examples")
    assert "No issues found" in told or " passed" in told, told


@pytest.mark.full
@pytest.mark.timeout(1_800)
def test_whatever_the_schema_allows_or_forbids_is_answered_as_it_says(
    whole: Gateway, tmp_path: Path
) -> None:
    asked(whole, tmp_path, "--phases", "examples,coverage,fuzzing,stateful", "-n", "20")


def operations(schema: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_nobody_unknown_is_let_in(whole: Gateway) -> None:
    let_in = []
    headers = {"Authorization": "Bearer lck_wrong"}
    with httpx.Client(base_url=f"{whole.address}/api", trust_env=False) as client:
        for method, path, operation in operations(whole.schema):
            for given in ({}, headers):
                status = client.request(method, path, headers=given).status_code
                if status not in (401, 403) and operation.get("security") != []:
                    let_in.append((method, path, status))
    assert let_in == []


def test_every_operation_says_what_it_does_and_answers(whole: Gateway) -> None:
    schema = whole.schema
    assert schema["info"]["title"] == "Livecam"
    assert set(schema["components"]["securitySchemes"]) == {"session", "key"}
    silent = [
        (method, path)
        for method, path, operation in operations(schema)
        if not (operation.get("description") and operation.get("tags") and _told(operation))
    ]
    assert silent == []
    names = [operation["operationId"] for _, _, operation in operations(schema)]
    assert len(names) == len(set(names))


def _told(operation: dict[str, Any]) -> bool:
    """Whether each answer tells what it holds, and each parameter what it is."""
    good = [one for status, one in operation["responses"].items() if status.startswith("2")]
    contents = [kind for one in good for kind in one.get("content", {}).values()]
    return (
        bool(good)
        and all("schema" in kind for kind in contents)
        and "400" in operation["responses"]
        and all("description" in str(one) for one in operation.get("parameters", []))
    )
