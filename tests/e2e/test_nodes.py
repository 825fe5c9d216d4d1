"""A node of its own home and a hub, as real processes: followed, watched, and people are told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest
import yaml

from dashboards.nodes.desk import Desk, desk_of
from dashboards.nodes.notices import notifier
from dashboards.nodes.watch import Watch
from edge.home import Home
from flows.config_file import cameras as edits
from flows.config_file import file
from flows.notify.notifier import Notifier
from flows.notify.outbox import Outbox
from flows.site import Following, open_site
from flows.store.folder import FolderStore
from infra.waiting import wait_until
from tests.dashboards.doors import accounts, door
from tests.servers.process import Server, free_port
from tests.servers.rtsp_server import RtspServer
from tests.servers.webhook import Webhook, webhook

LIVECAM = (sys.executable, "-m", "infra.cli")


class Site:
    """A hub in this process, and one node `pi1` in processes of its own."""

    def __init__(self, folder: Path, hook: Webhook, source: str, stack: ExitStack) -> None:
        self.file, self.own, self.node = folder / "hub.yaml", folder / "pi1.yaml", folder / "node"
        self.hook = hook
        document = {
            "notify": [hook.url],
            "nodes": {"pi1": {}},
            "cameras": {"gate": {"node": "pi1", "source": source}},
        }
        self.file.write_text("# ours\n" + yaml.safe_dump(document))
        home = Home(folder / "home")
        FolderStore(home.store).prepare()
        site = open_site(home=home)
        self.following = Following(site, self.file)
        self.desk: Desk = desk_of(site)
        self.watch = Watch(self.following, self.desk, self.file)
        self.notifier: Notifier = notifier(self.following, self.desk)
        access = accounts(site)
        _, key = access.keys.add("node-pi1", node="pi1")
        self.address = stack.enter_context(door(self.following))
        self.own.write_text("# the node's\nnodes: {pi1: {}}\n")
        here = {"LIVECAM_HOME": str(self.node), "LIVECAM_CONFIG": str(self.own)}
        gateway = {"LIVECAM_GATEWAY_URL": self.address, "LIVECAM_GATEWAY_KEY": key}
        self.port = free_port()
        serve = (sys.executable, "-m", "edge.serving", "--node", "pi1", "--port", str(self.port))
        apply = ("--apply", "flows.config_file.of_node")
        self.serving = Server(
            [*serve, *apply], log=folder / "serve.log", environment={**here, **gateway}
        )
        record = (*LIVECAM, "record", "--node", "pi1", "--wait")
        self.recording = Server(record, log=folder / "record.log", environment=here)
        stack.callback(self.recording.stop)
        stack.callback(self.serving.stop)

    def until(self, ready: Callable[[], object], what: str, seconds: float = 90) -> float:
        """Look and tell as the gateway does until it is so; how long that took."""
        began = monotonic()

        def looked() -> object:
            self.watch.quick()
            self.watch._store(self.following.now)
            self.notifier.tick()
            return ready()

        wait_until(looked, seconds=seconds, what=what)
        return monotonic() - began

    def until_told(self, *titles: str) -> float:
        return self.until(lambda: self.hook.titles == list(titles), f"{titles}")


@pytest.fixture
def there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rtsp_server: Callable[..., RtspServer],
) -> Iterator[tuple[Site, RtspServer]]:
    camera = rtsp_server(user="ann", password="sesame")
    monkeypatch.setenv("LIVECAM_CONFIG", str(tmp_path / "hub.yaml"))
    monkeypatch.setenv("LIVECAM_HOME", str(tmp_path / "home"))
    with ExitStack() as stack:
        hook = stack.enter_context(webhook())
        (tmp_path / "hub.yaml").write_text("")
        yield Site(tmp_path, hook, camera.url(), stack), camera


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_node_follows_its_hub_and_each_trouble_is_told_once(
    there: tuple[Site, RtspServer], capsys: pytest.CaptureFixture[str]
) -> None:
    site, camera = there
    site.watch.quick()
    site.notifier.tick()
    site.recording.start(lambda: True)
    site.serving.start(lambda: True)
    took: dict[str, float] = {}
    follows(site, camera, took)
    refuses(site)
    obeys(site)
    each_once(site, camera, took)
    assert Outbox(site.desk.home, site.desk.clock).counted().failed == 0
    logs = [path.read_text() for path in (site.serving.log, site.recording.log)]
    assert not any("sesame" in log or "lck_" in log for log in logs)
    with capsys.disabled():
        print("\n" + ", ".join(f"{what} {seconds:.1f} s" for what, seconds in took.items()))  # noqa: T201


def follows(site: Site, camera: RtspServer, took: dict[str, float]) -> None:
    """The configuration comes to the node, and is recorded by."""
    took["first pictures"] = site.until(lambda: comes(site, "gate"), "pictures of gate")
    assert site.own.read_text().startswith("# the node's\n")
    assert yaml.safe_load(site.own.read_text())["cameras"]["gate"]["source"] == camera.url()
    assert "notify" not in site.own.read_text()
    file.change(lambda text: edits.added(text, "yard", {"node": "pi1", "source": "scene:"}))
    took["a camera more"] = site.until(lambda: comes(site, "yard"), "pictures of yard")
    file.change(lambda text: edits.removed(text, "yard"))
    site.until(lambda: "yard" not in site.own.read_text(), "the camera's end")


def refuses(site: Site) -> None:
    """A version that a node cannot use is refused and told, and the one before goes on."""
    wrong = {"node": "pi1", "source": "rtsp://u:{NOT_ON_THIS_NODE}@127.0.0.1/s"}
    file.change(lambda text: edits.added(text, "barn", wrong))
    site.until(lambda: "NOT_ON_THIS_NODE" in (trouble(site) or ""), "a word on what is wrong")
    assert "barn" not in site.own.read_text()
    assert comes(site, "gate")
    file.change(lambda text: edits.removed(text, "barn"))
    site.until(lambda: trouble(site) is None, "the end of it")


def obeys(site: Site) -> None:
    """A pause and its end, by order of the hub."""
    site.desk.book.order("pi1", "gate", paused=True)
    site.until(lambda: mode(site) == "paused", "the pause")
    site.desk.book.order("pi1", "gate", paused=False)
    site.until(lambda: comes(site, "gate"), "pictures again")
    assert site.hook.titles == []


def each_once(site: Site, camera: RtspServer, took: dict[str, float]) -> None:
    """Camera, node and store down, each told once, and its return."""
    camera.kill()
    told = ["Camera gate is down"]
    took["camera down"] = site.until_told(*told)
    camera.start()
    told.append("Camera gate is back")
    took["camera back"] = site.until_told(*told)
    site.serving.kill()
    told.append("Node pi1 is down")
    took["node down"] = site.until_told(*told)
    site.serving.start(lambda: True)
    told.append("Node pi1 is back")
    took["node back"] = site.until_told(*told)
    store = site.following.now.home.store
    away = store.rename(store.with_name("away"))
    told.append("The store is down")
    took["store down"] = site.until_told(*told)
    away.rename(store)
    told.append("The store is back")
    took["store back"] = site.until_told(*told)


def comes(site: Site, camera: str) -> bool:
    heard = site.desk.book.heard().get("pi1")
    return heard is not None and bool(getattr(heard.beat.cameras.get(camera), "fps", 0))


def trouble(site: Site) -> str | None:
    return site.desk.book.heard()["pi1"].beat.config.trouble


def mode(site: Site) -> str:
    found = site.desk.book.heard()["pi1"].beat.cameras.get("gate")
    return found.mode.value if found else ""
