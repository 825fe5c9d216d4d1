"""What a node tells, how it does as it is told, and that a gateway may be away."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from edge.errors import Retryable
from edge.home import Home
from edge.modes.pause import paused
from edge.report import CameraReport, Reporter
from edge.serving import token
from edge.serving.beat import Answer, Applied, Beat
from edge.serving.following import AGAIN_BEATS, Fetched, SameFile
from edge.serving.heartbeat import KEY, LONGEST_PAUSE_S, URL, Gateway, Heart
from tests.edge.fake_clock import FakeClock

ANSWER = {"config_version": 3, "config_digest": "d", "token": "word", "now_ms": 0, "orders": []}


@dataclass
class Hub:
    """A gateway that answers what it is told to, and remembers what it was asked."""

    url: str = ""
    answer: dict[str, Any] = field(default_factory=lambda: dict(ANSWER))
    status: int = 200
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)

    def beats(self) -> list[Beat]:
        return [Beat.model_validate_json(body) for _, _, body in self.asked]


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append((self.path, self.headers["Authorization"], body))
            self.send_response(found.status)
            if found.status == 302:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.end_headers()
            self.wfile.write(json.dumps(found.answer).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def heart(home: Home, hub: Hub, applied: Applied | None = None) -> Heart:
    def follow(_: Answer) -> Applied:
        return applied or Applied(version=3)

    return Heart(home, "pi1", FakeClock(), Gateway(hub.url, "lck_key"), 8001, follow)


def test_a_node_tells_what_its_recorder_tells_and_what_it_records_by(
    hub: Hub, livecam_home: Path
) -> None:
    home, fares = Home(livecam_home), {"gate": CameraReport(fps=15, bits_per_s=10)}
    home.spool.mkdir(parents=True)
    one = heart(home, hub)
    with Reporter(home.recorder, "pi1", home.spool, 0, FakeClock()) as reporter:
        reporter.tick(lambda: fares, "line 3 is wrong")
        assert one.beat()
        assert one.beat()
    path, authorization, _ = hub.asked[0]
    assert path == "/api/v1/nodes/pi1/heartbeat"
    assert authorization == "Bearer lck_key"
    first, second = hub.beats()
    assert first.cameras == fares
    assert first.health is not None
    assert (first.port, first.config) == (8001, Applied(trouble="line 3 is wrong"))
    assert second.config == Applied(version=3, trouble="line 3 is wrong")
    assert token.read(home, "pi1") == "word"


def test_an_order_is_carried_out_once(hub: Hub, livecam_home: Path) -> None:
    home = Home(livecam_home)
    one = heart(home, hub)
    hub.answer["orders"] = [{"number": 7, "camera": "gate", "paused": True}]
    assert one.beat()
    assert list(paused(home.recorder)) == ["gate"]
    (home.recorder / "gate.paused.json").unlink()  # somebody here resumes it
    assert one.beat()
    assert paused(home.recorder) == {}
    hub.answer["orders"] = [{"number": 8, "camera": "gate", "paused": True}]
    assert one.beat()
    hub.answer["orders"] = [{"number": 9, "camera": "gate", "paused": False}]
    assert heart(home, hub).beat()  # after a restart of the node's server
    assert paused(home.recorder) == {}
    assert [beat.order for beat in hub.beats()] == [0, 7, 7, 8]


@pytest.mark.parametrize("status", [302, 401, 503])
def test_a_gateway_that_is_away_is_asked_less_often(
    hub: Hub, livecam_home: Path, status: int
) -> None:
    one, hub.status = heart(Home(livecam_home), hub), status
    pauses = []
    for _ in range(7):
        assert not one.beat()
        pauses.append(one.pause_s)
    assert pauses == [5, 5, 10, 20, 30, 30, LONGEST_PAUSE_S]
    hub.status = 200
    assert one.beat()
    assert one.pause_s == 5
    assert {path for path, _, _ in hub.asked} == {"/api/v1/nodes/pi1/heartbeat"}


def test_what_is_no_answer_changes_nothing(hub: Hub, livecam_home: Path) -> None:
    hub.answer = {"orders": [{"number": 1, "camera": "../x", "paused": True}]}
    assert not heart(Home(livecam_home), hub).beat()
    assert not Home(livecam_home).recorder.exists()


def test_a_gateways_key_is_taken_out_of_the_environment() -> None:
    environment = {URL: "http://hub:8080/", KEY: "lck_x", "PATH": "p"}
    found = Gateway.from_environment(environment)
    assert found == Gateway("http://hub:8080", "lck_x")
    assert "lck_x" not in repr(found)
    assert environment == {"PATH": "p"}
    assert Gateway.from_environment(environment) is None


def answer(version: int, digest: str = "") -> Answer:
    return Answer(config_version=version, config_digest=digest, token="t", now_ms=0)


def test_on_the_hubs_machine_the_file_tells_its_version(tmp_path: Path) -> None:
    path = tmp_path / "livecam.yaml"
    path.write_text("site: home\n")
    assert SameFile(path)(answer(4, "of another")) == Applied(version=None)
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    assert SameFile(path)(answer(4, right)) == Applied(version=4)


def test_a_version_is_fetched_once_and_one_that_is_refused_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, path = [], tmp_path / "livecam.yaml"
    monkeypatch.chdir(tmp_path)

    def ask(what: str) -> Any:
        asked.append(what)
        return {"part": {"site": what[-1]}}

    # Refuses version 2 until the file `sound` is there.
    code = (
        "import json, os, sys; part = json.load(sys.stdin)\n"
        "if part['site'] == '2' and not os.path.exists('sound'): sys.exit('gate: is no camera')\n"
        "open(sys.argv[1], 'w').write(part['site'])"
    )
    one = Fetched("pi1", ask, path, (sys.executable, "-c", code))
    assert one(answer(0)) == Applied()
    assert one(answer(1)) == Applied(version=1)
    assert one(answer(1)) == Applied(version=1)
    assert len(asked) == 1
    refused = Applied(version=1, trouble="version 2: gate: is no camera")
    assert [one(answer(2)) for _ in range(AGAIN_BEATS)] == [refused] * AGAIN_BEATS
    assert path.read_text() == "1"
    assert len(asked) == 2
    (tmp_path / "sound").touch()
    assert one(answer(2)) == Applied(version=2)
    assert path.read_text() == "2"


def test_a_version_that_cannot_be_fetched_is_told(tmp_path: Path) -> None:
    def away(_: str) -> Any:
        raise Retryable("the gateway does not answer")

    one = Fetched("pi1", away, tmp_path / "x", ("false",))
    assert one(answer(5)).trouble == "version 5 cannot be fetched: the gateway does not answer"
