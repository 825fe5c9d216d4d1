"""Fixtures for every test: real servers, sample footage, a home of its own, no silent errors."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from infra import samples as sample_files
from tests.servers import minio_server
from tests.servers import prefect_server as prefect_process
from tests.servers import rtsp_server as rtsp
from tests.servers.minio_server import Minio
from tests.servers.prefect_server import PrefectServer
from tests.servers.process import free_port
from tests.servers.rtsp_server import RtspServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]

# The same examples at every run, however busy the machine: HYPOTHESIS_PROFILE=default looks for
# new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

_deselected = pytest.StashKey[dict[str, set[str]]]()
_prefect_home = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    # Prefect reads its settings on import: none of this user's may reach a test.
    home = tempfile.mkdtemp(prefix="livecam-prefect-")
    config.stash[_prefect_home] = home
    for name in [n for n in os.environ if n.startswith(("PREFECT_", "LIVECAM_"))]:
        if name != "LIVECAM_SAMPLES":
            del os.environ[name]
    os.environ.update(PREFECT_HOME=home, PREFECT_SERVER_ANALYTICS_ENABLED="false", DO_NOT_TRACK="1")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_prefect_home], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    absent: dict[str, set[str]] = {}
    for item in items:
        for marker in item.iter_markers("sample"):
            if names := sample_files.missing(marker.args):
                absent.setdefault(item.nodeid, set()).update(names)
    config.stash[_deselected] = absent
    if absent:
        config.hook.pytest_deselected(items=[i for i in items if i.nodeid in absent])
        items[:] = [i for i in items if i.nodeid not in absent]


def pytest_sessionfinish(session: pytest.Session) -> None:
    # Under xdist only the workers collect; the controller writes the closing line.
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        absent = session.config.stash.get(_deselected, {})
        output["absent"] = {test: sorted(names) for test, names in absent.items()}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    told = getattr(node, "workeroutput", {}).get("absent", {})
    absent = node.config.stash.setdefault(_deselected, {})
    absent.update({test: set(names) for test, names in told.items()})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    absent = terminalreporter.config.stash.get(_deselected, {})
    if absent:
        names = ", ".join(sorted(set().union(*absent.values())))
        terminalreporter.write_line(
            f"{len(absent)} tests on sample footage did not run: no {names} in"
            " ../shared/samples, footage/ or LIVECAM_SAMPLES (`make footage` fetches the clips)"
        )


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample footage; only for tests marked `sample`."""
    found = sample_files.folder()
    if found is None:
        pytest.fail("a test on sample footage is not marked `sample`")
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; tests here run or fail: {report.longrepr}"
    return report  # type: ignore[return-value]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report: pytest.CollectReport = yield  # type: ignore[assignment]
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped; tests here run or fail"
    return report  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def livecam_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LIVECAM_HOME of this test: a folder that does not exist yet."""
    home = tmp_path / "home"
    monkeypatch.setenv("LIVECAM_HOME", str(home))
    monkeypatch.delenv("LIVECAM_CONFIG", raising=False)
    return home


@pytest.fixture(autouse=True)
def error_records(request: pytest.FixtureRequest) -> Iterator[list[logging.LogRecord]]:
    """ERROR log records of this test so far; any fails it, unless marked `expects_errors`."""
    records: list[logging.LogRecord] = []
    # The factory sees loggers that don't propagate, and outlives Prefect's own dictConfig.
    make = logging.getLogRecordFactory()

    def keep(*args: object, **kwargs: object) -> logging.LogRecord:
        record: logging.LogRecord = make(*args, **kwargs)
        if isinstance(record.levelno, int) and record.levelno >= logging.ERROR:
            records.append(record)
        return record

    logging.setLogRecordFactory(keep)
    yield records
    logging.setLogRecordFactory(make)
    if records and request.node.get_closest_marker("expects_errors") is None:
        told = "\n".join(f"{r.name}: {r.getMessage()}" for r in records)
        pytest.fail(f"unexpected ERROR log records:\n{told}")


@pytest.fixture(scope="session")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minio]:
    """A real MinIO, shared: a test makes buckets of its own."""
    with minio_server.running(tmp_path_factory.mktemp("minio")) as running:
        yield running


@pytest.fixture
def own_minio(tmp_path: Path) -> Iterator[Minio]:
    """A real MinIO of this test's own, to be stopped or started as it likes."""
    with minio_server.running(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A real Prefect server, shared; `environment` is for child processes."""
    with prefect_process.running(tmp_path_factory.mktemp("prefect")) as running:
        yield running


@pytest.fixture
def prefect_api(prefect_server: PrefectServer) -> Iterator[PrefectServer]:
    """The same server, with this process' Prefect client pointed at it."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: prefect_server.url}):
        yield prefect_server


@pytest.fixture
def rtsp_server(tmp_path: Path) -> Iterator[Callable[..., RtspServer]]:
    """`rtsp_server(launch, user=, password=)` → a started server with that camera at /camera.

    A mapping of path to launch string mounts several; see `tests.servers.rtsp_server.drawn`.
    """
    with ExitStack() as stack:

        def start(
            mounts: str | dict[str, str] | None = None,
            *,
            user: str | None = None,
            password: str | None = None,
        ) -> RtspServer:
            if not isinstance(mounts, dict):
                mounts = {"/camera": mounts or rtsp.drawn()}
            server = rtsp.prepare(free_port(), mounts, tmp_path, user, password)
            stack.callback(server.stop)
            server.start()
            return server

        yield start


# Not one for the session: Playwright's event loop stays in this thread while it runs, and
# `asyncio.run` in a later test would refuse to start beside it.
@pytest.fixture
def browser() -> Iterator[Browser]:
    """Debian's Chromium by Playwright; a test opens pages of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, headless=True
        )
        yield chromium
        chromium.close()
