"""`livecam nodes`, against a real MinIO and against none."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from dashboards.access.access import access_of
from edge.errors import BadSettings, MissingPart
from edge.home import Home
from flows import reach
from flows.config_file import whole as configuration
from flows.store.access import Key
from infra.cli.nodes import nodes
from infra.stack.ports import Ports
from infra.stack.site import Role, plan
from tests.infra.conftest import DOCUMENT, SiteStore


def run(*words: str) -> tuple[str, str]:
    """Standard output and error of a command that succeeds; its LivecamError otherwise."""
    result = CliRunner().invoke(nodes, words, standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.stdout, result.stderr


@pytest.fixture
def on_site(site_store: SiteStore, config_file: Path, monkeypatch: pytest.MonkeyPatch) -> SiteStore:
    config_file.write_text(yaml.safe_dump(dict(DOCUMENT)))
    monkeypatch.setenv("LIVECAM_HOME", str(site_store.home.root))
    return site_store


def test_add_prints_a_key_that_works_and_replaces_the_last(on_site: SiteStore) -> None:
    keys = []
    for _ in range(2):
        said, told = run("add", "pi1", "--json")
        row = json.loads(said)
        assert (row["node"], row["endpoint"], row["bucket"]) == ("pi1", on_site.endpoint, "footage")
        assert row["prefect"] == {"api": "http://127.0.0.1:4200/api"}
        assert told == ""
        keys.append(Key(row["access_key"], row["secret_key"]))
    put = {"Bucket": "livecam", "Key": "inbox/pi1/x", "Body": b""}
    old, new = map(on_site.client, keys)
    with pytest.raises(old.exceptions.ClientError, match="InvalidAccessKeyId"):
        old.put_object(**put)
    new.put_object(**put)
    said, _ = run("list", "--json")
    assert [json.loads(line) for line in said.splitlines()] == [
        {"node": "pi1", "cameras": ["gate"], "key": "enabled"},
        {"node": "pi2", "cameras": ["yard"], "key": "none"},
    ]


def test_add_prints_the_block_for_the_nodes_own_file(on_site: SiteStore) -> None:
    said, told = run("add", "pi2")
    assert "prefect.api and store.public_endpoint on loopback" in told
    block = yaml.safe_load(said)["store"]
    assert set(block) == {"kind", "endpoint", "access_key", "secret_key"}
    assert "livecam up --node pi2" in told
    assert block["secret_key"] not in told
    kept = [p.read_text() for p in on_site.home.secrets.iterdir()]
    assert not any(block["secret_key"] in text for text in kept)


def test_add_prints_all_that_a_node_elsewhere_needs(
    on_site: SiteStore, config_file: Path, livecam_home: Path
) -> None:
    far = {"api": "http://hub.invalid:4200/api"}
    store = {"kind": "s3", "public_endpoint": "http://hub.invalid:9000"}
    config_file.write_text(yaml.safe_dump({**DOCUMENT, "prefect": far, "store": store}))

    said, told = run("add", "pi1")
    block = yaml.safe_load(said)
    auth = block["prefect"]["auth"]

    assert block["store"]["endpoint"] == "http://hub.invalid:9000"
    assert block["prefect"]["api"] == far["api"]
    assert (on_site.home.secrets / reach.FILE).read_text().strip() == auth
    assert auth not in told
    assert "loopback" not in told
    assert json.loads(run("add", "pi1", "--json")[0])["prefect"] == {**far, "auth": auth}
    assert block["gateway"]["url"] == "http://hub.invalid:8080"
    key = access_of(Home(livecam_home)).keys.find(block["gateway"]["key"])
    assert key is None  # the second time it was made anew
    # The node's own file is this hub's with the block in place of its own.
    config_file.write_text(yaml.safe_dump({**DOCUMENT, **block}))
    ports = Ports(livecam_home / "ports")
    worker = plan(configuration.load(), Home(livecam_home), ports, Role.NODE, "pi1").parts[-1]
    ports.close()
    assert worker.environment["PREFECT_API_AUTH_STRING"] == auth


def test_list_is_for_people_too(on_site: SiteStore) -> None:
    said, _ = run("list")
    assert [line.split()[0] for line in said.splitlines()] == ["pi1", "pi2"]


def test_a_node_that_is_not_in_the_file_is_refused_with_the_nearest(on_site: SiteStore) -> None:
    with pytest.raises(BadSettings, match=r"no node 'p1'.*Did you mean 'pi1'"):
        run("add", "p1")


def test_a_folder_store_has_no_users() -> None:
    with pytest.raises(BadSettings, match="folder store has no users"):
        run("add", "local")
    said, told = run("list", "--json")
    assert json.loads(said) == {"node": "local", "cameras": [], "key": None}
    assert "has no users" in told


def test_a_store_that_never_ran_says_how_to_start_it(config_file: Path) -> None:
    config_file.write_text(yaml.safe_dump(dict(DOCUMENT)))
    with pytest.raises(MissingPart, match="livecam up"):
        run("add", "pi1")
    assert "key unknown" in run("list")[0]


@pytest.mark.parametrize("words", [(), ("add",), ("list",)])
def test_help_has_an_example(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(nodes, [*words, "--help"]).output
    assert "Example: livecam nodes" in click.unstyle(said)
