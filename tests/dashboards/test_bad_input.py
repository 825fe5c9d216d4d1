"""What nobody means, asked of every address: refused in a sentence, never a failure of ours."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from dashboards.access.visitor import Role
from tests.dashboards import doors
from tests.dashboards.rights import END, HIDDEN, SEEN, START, World

# schemathesis asks some of this in every run (`test_schema.py`).
pytestmark = pytest.mark.full

YEAR = {"start": "2026-01-01", "end": "2026-12-31", "from": "2026-01-01", "to": "2026-12-31"}


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


# Already as an address spells them.
EVIL = [
    "..%2F..%2F..%2Fetc%2Fpasswd",
    "%00",
    "gate%00",
    "gate%0A",
    "%ED%A0%80",  # half a character
    "%FF%FE",
    "9" * 5_000,
    "-1",
    "1e999",
    "nan",
    "0x10",
    "gate'--",
    "%F0%9F%98%80",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00%2B14:00",
    "x" * 3_000,
    cursor("#" + "9" * 40),
    cursor("#-1"),
    cursor(f"{'9' * 400}/gate"),
    cursor("1/"),
    cursor("1/\0"),
    cursor("1793527200000/zzz"),
    "====",
]
BODIES: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b'{"cameras": [',
    b"[" * 20_000,
    b'{"cameras": ["\\ud800"], "start": "\\u0000", "end": 1}',
    b'{"camera": ["gate"], "start": {}, "end": []}',
    b'{"limit": ' + b"9" * 5_000 + b"}",
    b'{"confidence": NaN, "limit": 1e400}',
    b"\xff\xfe\x00",
    b'{"cameras": [' + b'"gate",' * 50_000 + b'"gate"]}',
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A whole gateway, asked by an administrator's key."""
    world = World.of(tmp_path_factory.mktemp("world"), SEEN, HIDDEN)
    _, secret = doors.accounts(world.site).keys.add("bad", Role.ADMIN)
    headers = {"Authorization": f"Bearer {secret}"}
    with (
        doors.door(world.site) as address,
        httpx.Client(
            base_url=f"{address}/api", headers=headers, trust_env=False, timeout=30
        ) as client,
    ):
        yield client


def refused(asked: str, answer: httpx.Response) -> str | None:
    """What is wrong with an answer; None where it is one that anybody can read."""
    if answer.status_code >= 500:
        return f"{asked}: {answer.status_code} {answer.text[:200]}"
    if "Traceback" in answer.text or 'File "' in answer.text:
        return f"{asked}: tells of its inside"
    kind = answer.headers.get("content-type", "")
    if answer.status_code >= 400 and kind != "application/problem+json":
        return f"{asked}: {answer.status_code} {kind}"
    return None


def good(parameter: Mapping[str, Any], name: str) -> str:
    known = {"start": START, "end": END, "from": START, "to": END, "at": START, "camera": SEEN}
    found = parameter.get("examples") or parameter.get("schema", {}).get("examples")
    first = found[0] if isinstance(found, list) else None
    return known.get(name, str(first or parameter.get("example") or "1"))


def twisted(schema: Any, evils: list[str]) -> Iterator[str]:
    """Each GET, each of its parameters in turn being each of what nobody means."""
    for path, methods in schema["paths"].items():
        told = methods.get("get", {}).get("parameters", [])
        names = {one["name"]: good(one, one["name"]) for one in told if one["in"] != "header"}
        inside = {one["name"] for one in told if one["in"] == "path"}
        for name in names:
            for evil in evils:
                values = {n: quote(v) for n, v in names.items()} | {name: evil}
                query = "&".join(f"{n}={v}" for n, v in values.items() if n not in inside)
                yield path.format(**{n: values[n] for n in inside}) + f"?{query}"


def looked(client: httpx.Client, evils: list[str]) -> list[str]:
    schema = client.get("/openapi.json").json()
    asked = list(twisted(schema, evils))
    assert len(asked) > 50 * len(evils)
    wrong = (refused(path, client.get(path)) for path in asked)
    return [one for one in wrong if one]


def test_all_of_it_in_every_parameter(client: httpx.Client) -> None:
    assert looked(client, EVIL) == []


def test_years_and_words_told_twice_are_answered_or_refused(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    wrong: list[str] = []
    for path, methods in schema["paths"].items():
        told = methods.get("get", {}).get("parameters", [])
        names = [one["name"] for one in told if one["in"] == "query"]
        filled = path.replace("{camera}", SEEN)
        year = {name: YEAR[name] for name in names if name in YEAR}
        twice = [(name, value) for name in names for value in ("gate", "yard")]
        params: list[tuple[str, str]]
        for params in (list(year.items()), twice, [("x" * 50, "y")] * 500):
            answer = client.get(filled, params=tuple(params))
            wrong += filter(None, [refused(f"{path} {params[:4]}", answer)])
    assert wrong == []


def test_bodies_of_nonsense_are_refused(client: httpx.Client) -> None:
    schema, wrong = client.get("/openapi.json").json(), []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            for body in BODIES if "requestBody" in operation else ():
                answer = client.request(
                    method,
                    path.replace("{camera}", "gone").replace("{id}", "0123456789abcdef"),
                    content=body,
                    headers={"Content-Type": "application/json"},
                )
                wrong.append(refused(f"{method} {path} {body[:60]!r}", answer))
                assert not answer.is_success, (method, path, body[:60])
    assert [one for one in wrong if one] == []


def test_ranges_that_are_none_are_no_error_of_ours(client: httpx.Client) -> None:
    [first, *_] = client.get("/v1/segments").json()["segments"]
    for wished in ("bytes=" + "9" * 5_000 + "-", "bytes=5-1", "bytes=--", "\x7f", "bytes=1-2,4-5"):
        answer = client.get(f"/v1/segments/{first['id']}/media", headers={"Range": wished})
        assert answer.status_code in (200, 400, 416), wished


def test_a_gigabyte_is_not_waited_for(client: httpx.Client) -> None:
    def gigabyte() -> Iterator[bytes]:
        for _ in range(1_024):
            yield bytes(1 << 20)

    head = f"POST /api/v1/exports HTTP/1.1\r\nHost: localhost\r\nContent-Length: {1 << 30}\r\n\r\n"
    assert answered(client, head.encode()).startswith(b"HTTP/1.1 413")
    try:
        answer = client.post("/v1/exports", content=gigabyte())
    except httpx.WriteError:
        return  # it hung up in mid-body, which is as good
    assert answer.status_code == 413


def answered(client: httpx.Client, sent: bytes) -> bytes:
    """How the answer begins to what is no request that a client would make."""
    where = urlsplit(str(client.base_url))
    with socket.create_connection((str(where.hostname), where.port or 80), timeout=60) as asked:
        asked.sendall(sent)
        return asked.recv(100)


def test_what_is_no_request_is_hung_up_on(client: httpx.Client) -> None:
    for line in (
        b"GET /api/v1/segments?camera=\xff\x00 HTTP/1.1",
        b"\0" * 100,
        b"GET " + b"/" * 99_999,
    ):
        assert not answered(client, line + b"\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 5")
    assert client.get("/health").status_code == 200
