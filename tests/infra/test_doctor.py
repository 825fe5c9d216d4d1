"""`livecam doctor`: calm on a bare machine, and each fault named with its way out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from edge.clock import SystemClock
from edge.home import Home
from flows.config_file import whole as configuration
from infra.checks import Check, Level, machine
from infra.checks.nodes import answers, nodes
from infra.checks.site import everything
from infra.checks.store import clock_offset, cors, mixed
from infra.cli.doctor import doctor
from tests.infra.conftest import DOCUMENT, SiteStore

APP = "http://127.0.0.1:8080"


class Shifted(SystemClock):
    """A clock that is wrong by so many milliseconds."""

    def __init__(self, by_ms: int) -> None:
        self.by_ms = by_ms

    def utc_ms(self) -> int:
        return super().utc_ms() + self.by_ms


@contextmanager
def answering(headers: Mapping[str, str], status: int = 404) -> Iterator[str]:
    """A web server that always answers the same."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_OPTIONS = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def by_name(checks: Iterator[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_bare_machine_is_fine(livecam_home: Path) -> None:
    result = CliRunner().invoke(doctor, ["--json"])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0, result.output
    assert {"python", "packages", "disk", "store", "prefect", "spool"} <= {r["check"] for r in rows}
    assert all(set(row) == {"check", "level", "told", "way_out"} for row in rows)
    assert "fail" not in {row["level"] for row in rows}


def test_people_see_the_way_out(config_file: Path) -> None:
    config_file.write_text("stoer: {}\n")
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 1
    assert "Did you mean 'store'?" in result.stdout
    assert "checks that fail: 1" in result.stderr


def test_a_site_on_its_own_minio_is_seen_whole(
    site_store: SiteStore, config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config_file.write_text(yaml.safe_dump(dict(DOCUMENT)))
    seen = by_name(everything(site_store.home, SystemClock(), APP))
    for name in ("store", "clock", "mixed", "cors", "minio", "configuration"):
        assert seen[name].level == Level.OK, seen[name]
    assert "conditional create holds" in seen["store"].told


def test_a_nodes_key_is_well_though_it_reads_nothing(
    site_store: SiteStore, config_file: Path, livecam_home: Path
) -> None:
    key = site_store.owner.make_node(site_store.config, "pi1")
    store = {
        "kind": "s3",
        "endpoint": site_store.endpoint,
        "access_key": key.access_key,
        "secret_key": key.secret_key,
    }
    config_file.write_text(yaml.safe_dump({**DOCUMENT, "store": store}))
    seen = by_name(everything(Home(livecam_home), SystemClock()))
    assert seen["store"].level == Level.OK
    assert "as a node's should" in seen["store"].told
    store["secret_key"] = "wrong" * 8
    config_file.write_text(yaml.safe_dump({**DOCUMENT, "store": store}))
    seen = by_name(everything(Home(livecam_home), SystemClock()))
    assert seen["store"].level == Level.FAIL
    assert "store.secret_key" in str(seen["store"].way_out)


def test_a_store_that_is_not_started_or_not_there(config_file: Path, livecam_home: Path) -> None:
    config_file.write_text("store: {kind: s3}\n")
    seen = by_name(everything(Home(livecam_home), SystemClock()))
    assert seen["store"].level == Level.WARN
    assert "livecam up" in str(seen["store"].way_out)
    config_file.write_text(
        "store: {kind: s3, endpoint: 'http://127.0.0.1:9', access_key: a, secret_key: b}\n"
    )
    seen = by_name(everything(Home(livecam_home), SystemClock()))
    assert seen["store"].level == Level.FAIL
    assert "does not answer" in seen["store"].told


@pytest.mark.parametrize(
    ("app", "public", "level"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:9000", Level.OK),
        ("https://cam.example", "https://s3.example", Level.OK),
        ("https://cam.example", "http://s3.example", Level.FAIL),
        ("https://cam.example", "http://127.0.0.1:9000", Level.FAIL),
        ("http://hub.local:8080", "http://localhost:9000", Level.FAIL),
        ("http://hub.local:8080", "http://127.0.0.2:9000", Level.FAIL),
        ("http://hub.local:8080", "http://hub.local:9000", Level.OK),
        ("https://localhost:8443", "http://127.0.0.1:9000", Level.OK),
    ],
)
def test_mixed_content_is_foreseen(app: str, public: str, level: Level) -> None:
    assert mixed(app, public).level == level


NODES: dict[str, object] = {"nodes": {"pi1": {}}}
NEAR = {"api": "http://127.0.0.1:4200/api"}
FAR = {"api": "http://hub.invalid:4200/api"}
STORE = {"kind": "s3", "public_endpoint": "http://hub.invalid:9000"}
NODES_OWN = {**STORE, "access_key": "livecam-node-pi1.abc", "secret_key": "x"}


@pytest.mark.parametrize(
    ("document", "level", "told"),
    [
        ({"nodes": {}}, None, ""),  # one node, and it is here
        ({**NODES, "store": NODES_OWN}, None, ""),  # a node's own copy
        (NODES, Level.WARN, "the store is a folder"),
        ({**NODES, "store": {"kind": "s3"}}, Level.WARN, "prefect.api, store.public_endpoint on"),
        (
            {**NODES, "store": {"kind": "s3"}, "prefect": FAR},
            Level.WARN,
            "store.public_endpoint on",
        ),
        ({**NODES, "store": STORE, "prefect": NEAR}, Level.WARN, "prefect.api on loopback"),
        (
            {**NODES, "store": STORE, "prefect": FAR},
            Level.OK,
            "nodes elsewhere find http://hub.inv",
        ),
        (
            {**NODES, "store": {"kind": "s3", "endpoint": "http://nas.invalid:9"}, "prefect": FAR},
            Level.OK,
            "http://nas.invalid:9",
        ),
        (
            {**NODES, "store": STORE, "prefect": {"api": "http://0.0.0.0:4200/api"}},
            Level.FAIL,
            "prefect.api names no machine",
        ),
    ],
)
def test_whether_nodes_elsewhere_find_the_hub_is_told(
    document: dict[str, object], level: Level | None, told: str
) -> None:
    seen = list(nodes(configuration.load(document), lambda _: True))
    assert [check.level for check in seen] == ([] if level is None else [level])
    assert all(told in check.told for check in seen)
    assert all(bool(check.way_out) == (check.level != Level.OK) for check in seen)


def test_a_hub_that_its_own_names_do_not_reach_is_told() -> None:
    config = configuration.load({**NODES, "store": STORE, "prefect": FAR})
    (seen,) = nodes(config, lambda url: "4200" not in url)
    assert seen.level == Level.WARN
    assert seen.told == "from here there is no answer at http://hub.invalid:4200/api/health"
    with answering({}, status=403) as url:
        assert answers(url)
    assert not answers("http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("headers", "level"),
    [
        ({}, Level.FAIL),
        ({"Access-Control-Allow-Origin": "http://elsewhere"}, Level.FAIL),
        ({"Access-Control-Allow-Origin": "*"}, Level.WARN),
        (
            {
                "Access-Control-Allow-Origin": APP,
                "Access-Control-Expose-Headers": "Content-Range, Content-Length",
            },
            Level.OK,
        ),
    ],
)
def test_cors_is_asked_as_a_browser_asks(headers: dict[str, str], level: Level) -> None:
    with answering(headers) as public:
        assert cors(APP, public).level == level


def test_a_store_out_of_reach_is_only_a_warning_for_browsers() -> None:
    assert cors(APP, "http://127.0.0.1:9").level == Level.WARN


@pytest.mark.parametrize(
    ("by_ms", "level"), [(0, Level.OK), (60_000, Level.WARN), (-3_600_000, Level.FAIL)]
)
def test_a_wrong_clock_is_seen(by_ms: int, level: Level) -> None:
    with answering({}) as endpoint:  # http.server sends a Date
        assert clock_offset(endpoint, Shifted(by_ms)).level == level


@pytest.mark.parametrize(
    ("board", "level"),
    [
        ("Raspberry Pi 5 Model B Rev 1.0", Level.WARN),
        ("Raspberry Pi Compute Module 5", Level.WARN),
        ("Raspberry Pi 4 Model B Rev 1.4", Level.OK),
        (None, Level.OK),
    ],
)
def test_a_raspberry_pi_5_is_told_of_its_encoder(
    board: str | None, level: Level, tmp_path: Path
) -> None:
    path = tmp_path / "model"
    if board:
        path.write_bytes(board.encode() + b"\0")
    assert machine.encoder(path).level == level


def test_encoders_that_do_not_work_here_are_named_with_the_reason() -> None:
    found = machine.encoding(SystemClock())
    assert found.level == Level.OK
    assert "work here" in found.told
    assert "h264_vaapi, hevc_vaapi: not in this build of libav" in found.told


def test_disks_fill(tmp_path: Path) -> None:
    levels = [machine.disk(100 << 30, free << 30).level for free in (50, 5, 0)]
    assert levels == [Level.OK, Level.WARN, Level.FAIL]


def test_a_home_that_cannot_be_written_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = list(machine.home(Home(tmp_path / "file" / "home")))
    assert found[0].level == Level.FAIL


def test_a_model_with_other_bytes_fails(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "fastestdet-352.onnx").write_bytes(b"other")
    assert machine.model(Home(tmp_path)).level == Level.FAIL


def test_unknown_packages_are_a_warning() -> None:
    assert machine.packages("no-such-distribution").level == Level.WARN
    assert machine.packages("livecam").level == Level.OK


def test_help_has_an_example() -> None:
    assert "Example: livecam doctor" in CliRunner().invoke(doctor, ["--help"]).output
