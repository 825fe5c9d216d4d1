"""Exports through the gateway: asked for, followed, downloaded, only by whoever may."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import av
import httpx
import pytest

from dashboards.access.visitor import Role, Visitor
from dashboards.api import create_api
from dashboards.exports import exports_of
from dashboards.exports.book import Book, State
from edge.clock import from_iso, to_iso
from edge.home import Home
from flows.deeds import Deeds
from flows.retention import Action
from flows.settings import FlowSettings, StoreSettings
from flows.site import Following, Site, open_site
from flows.stages import retain
from flows.stages.export import Wanted
from flows.stages.reconcile import reconcile
from flows.store import EXPORTS, LIVECAM
from flows.store.access import Key, SiteKeys, write_keys
from infra.minio import Owner
from infra.waiting import wait_until
from tests.dashboards import footage
from tests.dashboards.conftest import gateway
from tests.dashboards.rights import believing, named
from tests.flows.stage_site import folder_site
from tests.servers.minio_server import Minio

T0 = from_iso("2026-11-01T10:00:00Z")
KIM = Visitor("kim", Role.OPERATOR)
LEE = Visitor("lee", Role.OPERATOR)
ADMIN = Visitor("ada", Role.ADMIN)
GUEST = Visitor("guest", Role.VIEWER, frozenset({"gate"}))
JSON = {"Content-Type": "application/json"}
ASKED = {
    "cameras": ["gate", "yard"],
    "start": to_iso(T0),
    "end": to_iso(T0 + 4_000),
    "name": "the parcel",
}


@pytest.fixture
def recorded(site: Site) -> Site:
    """Four seconds of a gate, and of a yard."""
    return filled(site)


def filled(site: Site) -> Site:
    for camera in ("gate", "yard"):
        for at_ms in (T0, T0 + 2_000):
            footage.store(site, camera, at_ms, 2)
    return site


@contextmanager
def asking(site: Site) -> Iterator[httpx.Client]:
    with gateway(site, believing(create_api(site))) as client:
        yield client


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The same for all tests that leave its footage alone."""
    return filled(folder_site(tmp_path_factory.mktemp("site")))


@pytest.fixture(scope="module")
def shared(lasting: Site) -> Iterator[httpx.Client]:
    with asking(lasting) as client:
        yield client


@pytest.fixture
def client(recorded: Site) -> Iterator[httpx.Client]:
    with asking(recorded) as client:
        yield client


def ended(client: httpx.Client, export: str, visitor: Visitor = KIM) -> dict[str, Any]:
    """An export once it is done or failed."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        told: dict[str, Any] = client.get(f"/v1/exports/{export}", headers=named(visitor)).json()
        if told["state"] in (State.DONE, State.FAILED):
            return told
        time.sleep(0.02)
    raise AssertionError(told)


def made(client: httpx.Client, visitor: Visitor = KIM, **other: Any) -> dict[str, Any]:
    answer = client.post("/v1/exports", json=ASKED | other, headers=named(visitor))
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/exports/{answer.json()['id']}"
    return ended(client, answer.json()["id"], visitor)


def test_an_export_is_made_and_each_file_is_what_its_sums_say(
    client: httpx.Client, recorded: Site, tmp_path: Path
) -> None:
    told = made(client)
    assert (told["state"], told["progress"], told["error"]) == ("done", 1, None)
    assert (told["made_by"], told["name"], told["missing_ms"]) == ("kim", "the parcel", {})
    assert [file["camera"] for file in told["files"]] == ["gate", "yard", None, None]
    for file in told["files"]:
        answer = client.get(f"/v1/exports/{told['id']}/files/{file['name']}", headers=named(ADMIN))
        assert answer.headers["content-disposition"] == f'attachment; filename="{file["name"]}"'
        assert sha256(answer.content).hexdigest() == file["sha256"]
        (tmp_path / file["name"]).write_bytes(answer.content)
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True)
    with av.open(str(tmp_path / told["files"][0]["name"])) as container:
        assert sum(1 for _ in container.decode(video=0)) == 40
    path = f"/v1/exports/{told['id']}/files/{told['files'][0]['name']}"
    for number in range(1, 4):  # by hand, or a player: one row, whatever they leave out
        client.get(path, headers=named(ADMIN) | {"Range": f"bytes={number}-"})
    found = [(deed.action, deed.times) for deed in Deeds(recorded.home, recorded.clock).newest(10)]
    downloaded = "export downloaded"
    assert found == [(downloaded, 3), *[(downloaded, 1)] * 4, ("export", 1)]


def test_a_range_is_a_part_and_inline_is_shown(shared: httpx.Client) -> None:
    told = made(shared)
    path = f"/v1/exports/{told['id']}/files/{told['files'][0]['name']}"
    whole = shared.get(path, headers=named(KIM)).content
    part = shared.get(path, params={"inline": True}, headers=named(KIM) | {"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-type"] == "video/mp4"
    assert "content-disposition" not in part.headers


def test_all_files_come_as_one_zip_whole_or_in_parts(shared: httpx.Client) -> None:
    told = made(shared)
    path = f"/v1/exports/{told['id']}/archive.zip"
    whole = shared.get(path, headers=named(KIM))
    assert whole.headers["content-length"] == str(len(whole.content))
    with zipfile.ZipFile(io.BytesIO(whole.content)) as unpacked:
        assert unpacked.testzip() is None
        sizes = {one.filename: one.file_size for one in unpacked.infolist()}
    assert sizes == {file["name"]: file["size_bytes"] for file in told["files"]}
    at = len(whole.content) - 2_000
    part = shared.get(path, headers=named(KIM) | {"Range": f"bytes={at}-"})
    assert part.content == whole.content[at:]


def test_what_somebody_may_not_see_whole_is_not_there_for_them(client: httpx.Client) -> None:
    both, own = made(client), made(client, cameras=["gate"])
    listed = client.get("/v1/exports", headers=named(GUEST)).json()["exports"]
    assert [one["id"] for one in listed] == [own["id"]]
    never = client.get("/v1/exports/0123456789abcdef", headers=named(GUEST))
    for path in ("", "/archive.zip", f"/files/{both['files'][0]['name']}"):
        answer = client.get(f"/v1/exports/{both['id']}{path}", headers=named(GUEST))
        assert (answer.status_code, answer.content) == (404, never.content)
    assert client.get(f"/v1/exports/{own['id']}/archive.zip", headers=named(GUEST)).is_success
    asked = client.post("/v1/exports", json=ASKED, headers=named(GUEST))
    assert asked.status_code == 403
    narrow = Visitor("nam", Role.OPERATOR, frozenset({"gate"}))
    refused = client.post("/v1/exports", json=ASKED, headers=named(narrow))
    gone = client.post("/v1/exports", json=ASKED | {"cameras": ["gone"]}, headers=named(KIM))
    assert refused.status_code == gone.status_code == 404
    assert refused.text.replace("yard", "gone") == gone.text


def test_an_export_is_deleted_by_whoever_made_it_or_an_administrator(
    client: httpx.Client, recorded: Site
) -> None:
    first, second = made(client), made(client)
    assert client.delete(f"/v1/exports/{first['id']}", headers=named(LEE)).status_code == 403
    for one, who in ((first, KIM), (second, ADMIN)):
        assert client.delete(f"/v1/exports/{one['id']}", headers=named(who)).status_code == 204
        assert client.get(f"/v1/exports/{one['id']}", headers=named(who)).status_code == 404
    assert not list(recorded.store.list(LIVECAM, EXPORTS))


def test_a_cursor_counts_no_exports_that_one_may_not_see(client: httpx.Client) -> None:
    own, _, last = (made(client, cameras=[name]) for name in ("gate", "yard", "gate"))
    page = client.get("/v1/exports", params={"limit": 1}, headers=named(GUEST)).json()
    at = f"{from_iso(last['made_utc'])}/{last['id']}"
    assert base64.urlsafe_b64decode(page["next"]).decode() == at
    assert client.delete(f"/v1/exports/{last['id']}", headers=named(KIM)).status_code == 204
    rest = client.get("/v1/exports", params={"cursor": page["next"]}, headers=named(GUEST)).json()
    assert [one["id"] for one in rest["exports"]] == [own["id"]]


@pytest.mark.full
def test_pages_of_exports_survive_new_ones(client: httpx.Client) -> None:
    old = [made(client, cameras=["gate"])["id"] for _ in range(3)]
    page = client.get("/v1/exports", params={"limit": 2}, headers=named(KIM)).json()
    made(client, cameras=["gate"])
    rest = client.get("/v1/exports", params={"cursor": page["next"]}, headers=named(KIM)).json()
    assert [one["id"] for one in (*page["exports"], *rest["exports"])] == old[::-1]
    assert rest["next"] is None


def test_what_it_comes_to_is_told_before(shared: httpx.Client) -> None:
    asked = {"camera": ["gate"], "start": to_iso(T0 + 1_000), "end": to_iso(T0 + 3_000)}
    told = shared.get("/v1/estimate", params=asked, headers=named(KIM)).json()
    [gate] = told["cameras"]
    assert (gate["camera"], gate["segments"]) == ("gate", 2)
    assert 0 < told["size_bytes"] == gate["size_bytes"]


BAD: list[tuple[dict[str, Any], int]] = [
    ({"cameras": []}, 400),
    ({"cameras": ["gate"] * 21}, 400),
    ({"cameras": ["../x"]}, 400),
    ({"cameras": ["gate\n"]}, 400),
    ({"cameras": "gate"}, 400),
    ({"end": to_iso(T0)}, 400),
    ({"end": to_iso(T0 + 25 * 3_600_000)}, 400),
    ({"end": "never"}, 400),
    ({"name": "x" * 81}, 400),
    ({"name": "\x00"}, 400),
    ({"name": "\ud800"}, 400),
    ({"else": 1}, 400),
    ({"start": to_iso(0), "end": to_iso(1_000)}, 404),
]


def test_what_cannot_be_exported_is_said(shared: httpx.Client) -> None:
    for other, status in BAD:
        asked = json.dumps(ASKED | other)  # httpx would refuse to send half a character
        answer = shared.post("/v1/exports", content=asked, headers=named(KIM) | JSON)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_what_a_restart_broke_off_begins_anew(recorded: Site) -> None:
    book = Book(recorded.home, recorded.clock)
    wanted = Wanted(("gate",), T0, T0 + 4_000, who="kim")
    book.add(wanted, 1)
    assert book.take() is not None  # and then the gateway was killed, half a file written
    key = f"{EXPORTS}{wanted.id}/gate_20261101_100000Z.mp4"
    recorded.store.create(LIVECAM, key, b"half")
    with asking(recorded) as client:
        # Nobody has to look for it to go on.
        wait_until(lambda: not book.waiting(), what="the export")
        told = ended(client, wanted.id)
    assert told["state"] == "done"
    assert recorded.store.head(LIVECAM, key).size_bytes == told["files"][0]["size_bytes"] > 4


@pytest.mark.full
def test_one_that_is_deleted_while_it_is_made_leaves_nothing(
    client: httpx.Client, recorded: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, first = recorded.store.create, Event()

    def slow(bucket: str, key: str, *args: Any, **how: Any) -> Any:
        if key.startswith(EXPORTS):
            first.set()
            assert gone.wait(60)
        return create(bucket, key, *args, **how)

    gone = Event()
    monkeypatch.setattr(recorded.store, "create", slow)
    asked = client.post("/v1/exports", json=ASKED, headers=named(KIM)).json()["id"]
    assert first.wait(60)
    assert client.delete(f"/v1/exports/{asked}", headers=named(KIM)).status_code == 204
    gone.set()
    runner = exports_of(Following(recorded)).runner
    runner.stop()
    assert not list(recorded.store.list(LIVECAM, EXPORTS))
    assert not list(recorded.home.scratch.iterdir())


def test_exports_stay_when_their_footage_goes(client: httpx.Client, recorded: Site) -> None:
    told = made(client)
    before = [one.key for one in recorded.store.list(LIVECAM, EXPORTS)]
    going = [one for one in retain.preview(recorded) if one.action is Action.KEEP]
    facts = [{"id": one.segment.id, "key": one.segment.key} for one in going]
    retain.delete_objects(recorded, facts)
    reconcile(recorded)
    assert [one.key for one in recorded.store.list(LIVECAM, EXPORTS)] == before
    answer = client.get(f"/v1/exports/{told['id']}/archive.zip", headers=named(KIM))
    assert answer.status_code == 200


@pytest.mark.full
def test_a_stretch_of_which_nothing_is_left_fails_and_says_so(
    client: httpx.Client, recorded: Site
) -> None:
    for one in retain.preview(recorded):
        (recorded.home.store / "footage" / one.segment.key).write_bytes(b"rotten")
    told = made(client)
    assert told["state"] == "failed"
    assert "there is no footage" in told["error"]
    answer = client.get(f"/v1/exports/{told['id']}/archive.zip", headers=named(KIM))
    assert answer.status_code == 404


@pytest.mark.full
def test_from_s3_a_file_comes_by_a_signed_address_under_its_name(
    own_minio: Minio, tmp_path: Path
) -> None:
    site = s3_site_of(own_minio, tmp_path)
    footage.store(site, "gate", T0, 2)
    with asking(site) as client:
        told = made(client, cameras=["gate"])
        path = f"/v1/exports/{told['id']}"
        [film, *_] = told["files"]
        answer = client.get(f"{path}/files/{film['name']}", headers=named(KIM))
        assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
        got = httpx.get(answer.headers["location"], trust_env=False)
        saved = f'attachment; filename="{film["name"]}"'
        assert got.headers["content-disposition"] == saved
        assert sha256(got.content).hexdigest() == film["sha256"]
        shown = client.get(f"{path}/files/{film['name']}?inline=true", headers=named(KIM))
        plain = httpx.get(shown.headers["location"], trust_env=False)
        assert "content-disposition" not in plain.headers
        whole = client.get(f"{path}/archive.zip", headers=named(KIM))
        with zipfile.ZipFile(io.BytesIO(whole.content)) as unpacked:
            assert unpacked.testzip() is None
        assert client.delete(path, headers=named(KIM)).status_code == 204
    assert not list(site.store.versions(LIVECAM, EXPORTS))


def s3_site_of(minio: Minio, root: Path) -> Site:
    key = Key(minio.access_key, minio.secret_key)
    Owner(minio.endpoint, "us-east-1", key, own=True).make_buckets()
    home = Home(root / "site")
    write_keys(home, SiteKeys(minio.endpoint, key, key))
    return open_site(FlowSettings(store=StoreSettings(kind="s3")), home)
