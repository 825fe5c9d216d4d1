"""docs/tables.md: its blocks run on a folder and on a MinIO, and its engines agree with search."""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from deltalake import DeltaTable
from minio import MinioAdmin
from minio.credentials.providers import StaticProvider

from flows.catalogue import read
from flows.catalogue.fold import fold
from flows.catalogue.preferred import Model
from flows.catalogue.schema import EVENTS, TABLES
from flows.site import Site
from flows.stages.promotions import demote, promote
from flows.store.folder import FolderStore
from tests.flows.documented import Page
from tests.flows.stage_site import folder_site, minio_site
from tests.flows.visitors import CAR, LATE, VISITS, by_hand, came, local, searched
from tests.servers import minio_server
from tests.servers.minio_server import Minio

PAGE = Page("tables.md")
QUESTIONS = {
    "Visits a day": "visits_a_day",
    "Dwell time": "dwell_time",
    "Busiest hour": "busiest_hour",
}
ENGINES = ("by_duckdb", "by_datafusion")
# Who looked at each of several visits, and what then happens to them.
LOOKED = (
    ("fastestdet",),
    ("hog",),
    ("hog", "fastestdet"),
    ("yolox", "hog", "fastestdet"),
    ("yolox",),
)
CHANGES: tuple[tuple[Callable[..., None], str, list[str]], ...] = (
    (promote, "yolox", ["yard"]),
    (promote, "hog", []),
    (demote, "fastestdet", ["gate"]),
    (promote, "yolox", ["gate"]),
    (demote, "hog", []),
    (promote, "fastestdet", []),
    (demote, "yolox", ["yard"]),
)


@dataclass(frozen=True)
class Place:
    """A site, the folder its home lies in, and the key of someone who may read its tables."""

    site: Site
    root: Path
    endpoint: str = ""
    key: str = ""
    secret: str = ""


@dataclass(frozen=True)
class Reader:
    """Who follows the page: a site, and the names that the blocks so far have made."""

    site: Site
    names: dict[str, Any]

    def run(self, heading: str, number: int = 0) -> None:
        PAGE.run(PAGE.blocks(heading)["python"][number], self.names)

    def open(self) -> None:
        """The tables as they are now, and the views in both engines."""
        for heading in ("Which model answers", "Visits"):
            for number in range(len(PAGE.blocks(heading)["python"])):
                self.run(heading, number)
        self.look("Visits")

    def look(self, heading: str) -> list[pl.DataFrame]:
        """The section's SQL, answered by each engine."""
        (sql,) = PAGE.blocks(heading)["sql"]
        return [self.names[engine](sql) for engine in ENGINES]


@pytest.fixture(scope="module", params=["folder", "minio"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A site with the visits in it, on either kind of store."""
    root = tmp_path_factory.mktemp("tables")
    if request.param == "folder":
        yield _filled(Place(folder_site(root / ".livecam"), root))
        return
    with minio_server.running(root) as running:
        site = minio_site(running, root / ".livecam")
        yield _filled(Place(site, root, running.endpoint, *_may_only_read(running)))


def _filled(place: Place) -> Place:
    for visit in VISITS:
        came(place.site, visit)
    came(place.site, CAR, "car")
    fold(place.site, everything=True)
    hours = [local(e["start_utc"]).hour for e in searched(place.site)]
    assert (len(hours), hours.count(2)) == (len(VISITS), 2)
    return place


@pytest.fixture
def reader(place: Place, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Who has done what the page says before the first question."""
    monkeypatch.chdir(place.root)
    monkeypatch.setenv("LIVECAM_ENDPOINT", place.endpoint)
    monkeypatch.setenv("LIVECAM_KEY", place.key)
    monkeypatch.setenv("LIVECAM_SECRET", place.secret)
    reader = Reader(place.site, {})
    reader.run("Where they are", 1 if place.endpoint else 0)
    reader.open()
    return reader


def _may_only_read(running: Minio) -> tuple[str, str]:
    """A user with the policy of the page."""
    (policy,) = PAGE.blocks("Where they are")["json"]
    owner = StaticProvider(running.access_key, running.secret_key)
    admin = MinioAdmin(endpoint=urlsplit(running.endpoint).netloc, credentials=owner, secure=False)
    key, secret = "reader", secrets.token_urlsafe(24)
    admin.policy_add("tables", policy=json.loads(policy))
    admin.user_add(key, secret)
    admin.policy_set("tables", user=key)
    return key, secret


def same(answer: pl.DataFrame, expected: list[tuple[Any, ...]]) -> None:
    rows = answer.rows()
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert row == pytest.approx(wanted, abs=0.001), (rows, expected)


@pytest.mark.parametrize("question", QUESTIONS)
def test_polars_duckdb_and_sql_on_the_bucket_agree(reader: Reader, question: str) -> None:
    reader.run(question)
    expected = by_hand(question, searched(reader.site))
    polars: pl.DataFrame = reader.names[QUESTIONS[question]]
    same(polars, expected)
    for answer in reader.look(question):
        assert answer.columns == polars.columns
        same(answer, expected)


def test_each_engine_shows_the_model_that_search_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = folder_site(tmp_path / ".livecam")
    for number, models in enumerate(LOOKED):
        for camera in ("gate", "yard"):
            came(site, (camera, f"2026-10-25T{number:02}:00:00Z", 1), models=models)
    fold(site, everything=True)
    monkeypatch.chdir(tmp_path)
    reader = Reader(site, {})
    reader.run("Where they are")
    answered = {_shows_as_search(reader)}
    for change, model, cameras in CHANGES:
        change(site, Model(model, model[0] * 64), cameras)
        answered.add(_shows_as_search(reader))
    assert len(answered) == len(CHANGES) + 1


def _shows_as_search(reader: Reader) -> frozenset[str]:
    """The events that search shows now, each engine showing the same."""
    reader.open()
    found = frozenset(read.events(reader.site)["id"])
    engines = [reader.names[engine]("select * from shown") for engine in ENGINES]
    for rows in (reader.names["shown"].collect(), *engines):
        assert set(rows.columns) == set(EVENTS.schema)
        assert sorted(rows["id"]) == sorted(found)
    return found


def test_the_catalogue_answers_as_it_did_yesterday(reader: Reader) -> None:
    reader.run("What the catalogue answered yesterday")
    a_day_ago = datetime.now(UTC) - timedelta(days=1)
    assert abs(reader.names["then"] - a_day_ago) < timedelta(minutes=5)
    if isinstance(reader.site.store, FolderStore):
        _age(reader.site)
    else:
        reader.names["then"] = _a_moment()
    before = searched(reader.site)
    came(reader.site, LATE)
    fold(reader.site, everything=True)
    assert len(searched(reader.site)) == len(before) + 1
    reader.open()

    for number in (1, 2):
        reader.run("What the catalogue answered yesterday", number)
    (new,) = reader.names["since"].to_dicts()
    assert new["start_utc"] - datetime.fromisoformat(LATE[1]) < timedelta(seconds=5)
    reader.look("Visits")
    for question in QUESTIONS:
        for answer in reader.look(question):
            same(answer, by_hand(question, before))


def _age(site: Site) -> None:
    """Make all versions of a folder's table two days old: Delta goes by their files' times."""
    two_days_ago = time.time() - 2 * 86_400
    for file in Path(site.store.delta_uri(EVENTS.path), "_delta_log").iterdir():
        os.utime(file, (two_days_ago, two_days_ago))


def _a_moment() -> datetime:
    """One that even a clock of whole seconds tells from what came before and what follows."""
    moment = datetime.now(UTC) + timedelta(seconds=1.1)
    while datetime.now(UTC) < moment + timedelta(seconds=1.1):
        time.sleep(0.05)
    return moment


def test_duckdb_alone_reads_the_tables_of_a_folder(reader: Reader) -> None:
    if isinstance(reader.site.store, FolderStore):
        reader.run("Others")
        own = f"select {', '.join(read.EVENT_COLUMNS)} from events order by start_utc, id"
        found = read.events(reader.site, columns=read.EVENT_COLUMNS)
        assert reader.names["alone"].sql(own).pl().rows() == found.rows()


def test_whoever_may_only_read_can_do_no_more(place: Place, reader: Reader) -> None:
    if place.endpoint:
        options = reader.names["options"]
        with pytest.raises(OSError, match="AccessDenied"):
            DeltaTable(f"{reader.names['tables']}/events", storage_options=options).delete()
        with pytest.raises(OSError, match="AccessDenied"):
            pl.scan_parquet("s3://footage/videos/*", storage_options=options).collect()


def test_every_documented_column_is_one() -> None:
    known = {table.name: set(table.schema) for table in TABLES}
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", PAGE.text, re.MULTILINE)
    assert [name for name, _ in rows] == list(dict.fromkeys(name for name, _ in rows))
    assert {name for name, _ in rows} == set(known)
    for name, columns in rows:
        assert set(re.findall(r"`(\w+)`", columns)) <= known[name], name
