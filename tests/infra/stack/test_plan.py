"""Which parts run, for each role and configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboards.access.access import access_of
from edge.errors import BadSettings
from edge.home import Home
from flows.config_file import whole as config
from infra.stack.part import Part
from infra.stack.ports import Ports
from infra.stack.site import Role, plan
from tests.servers.process import free_port

CAMERA = {"source": "scene:"}
SITE: dict[str, Any] = {
    "nodes": {"pi1": {}, "pi2": {}},
    "cameras": {"gate": {"node": "pi1", **CAMERA}},
}
KEYS = {
    "kind": "s3",
    "endpoint": "http://127.0.0.1:9",
    "access_key": "node-key",
    "secret_key": "a-secret",
}


def parts(
    document: dict[str, Any], home: Path, role: Role, node: str | None = None
) -> dict[str, Part]:
    ports = Ports(home / "ports")
    found = plan(config.load(document), Home(home), ports, role, node).parts
    ports.close()
    return {one.name: one for one in found}


def names(document: dict[str, Any], home: Path, role: Role, node: str | None = None) -> list[str]:
    return list(parts(document, home, role, node))


def test_a_site_runs_everything(tmp_path: Path) -> None:
    document = {"cameras": {"gate": CAMERA}}
    found = names(document, tmp_path, Role.SITE)
    assert found == ["record-local", "serve-local", "prefect", "upload-local", "hub", "app"]


def test_a_node_without_cameras_has_no_recorder(tmp_path: Path) -> None:
    found = names(SITE, tmp_path, Role.SITE)
    serves = ["serve-pi1", "serve-pi2"]
    assert found == ["record-pi1", *serves, "prefect", "upload-pi1", "upload-pi2", "hub", "app"]


def test_the_hub_records_nothing(tmp_path: Path) -> None:
    assert names(SITE, tmp_path, Role.HUB) == ["prefect", "hub", "app"]


def test_a_node_runs_its_own_part_alone(tmp_path: Path) -> None:
    found = names({**SITE, "store": KEYS}, tmp_path, Role.NODE, "pi1")
    assert found == ["record-pi1", "serve-pi1", "upload-pi1"]


@pytest.mark.parametrize("store", [{"kind": "folder"}, {"kind": "s3"}])
def test_a_node_must_be_able_to_reach_the_store(tmp_path: Path, store: dict[str, Any]) -> None:
    with pytest.raises(BadSettings, match="livecam nodes add pi1"):
        names({**SITE, "store": store}, tmp_path, Role.NODE, "pi1")


def test_no_secret_is_in_a_command_line(tmp_path: Path) -> None:
    ports = Ports(tmp_path / "ports")
    found = plan(config.load({**SITE, "store": KEYS}), Home(tmp_path), ports)
    ports.close()
    assert not any("a-secret" in word for part in found.parts for word in part.argv)
    assert "a-secret" not in repr(found)


def reachable(prefect: int, s3: int) -> dict[str, Any]:
    return {
        **SITE,
        "prefect": {"api": f"http://hub.invalid:{prefect}/api"},
        "store": {"kind": "s3", "public_endpoint": f"http://hub.invalid:{s3}"},
    }


def test_a_hub_that_other_machines_find_listens_for_them_and_asks_for_a_string(
    tmp_path: Path,
) -> None:
    prefect, s3 = free_port(), free_port()
    found = parts(reachable(prefect, s3), tmp_path, Role.HUB)

    server, store = found["prefect"], found["minio"]
    assert server.argv[-4:] == ("--host", "0.0.0.0", "--port", str(prefect))
    assert f"0.0.0.0:{s3}" in store.argv
    # Its console is for the gateway, wherever it listens itself.
    console = store.argv[store.argv.index("--console-address") + 1]
    assert console.startswith("127.0.0.1:")
    assert store.console == f"http://{console}"
    # The hub's own parts stay on loopback.
    assert server.address == f"http://127.0.0.1:{prefect}"
    assert store.address == f"http://127.0.0.1:{s3}"
    assert server.environment["PREFECT_UI_API_URL"] == f"http://hub.invalid:{prefect}/api"
    made = server.environment["PREFECT_SERVER_API_AUTH_STRING"]
    for name in ("hub", "app"):
        assert found[name].environment["PREFECT_API_URL"] == f"{server.address}/api"
        assert found[name].environment["PREFECT_API_AUTH_STRING"] == made
    assert not any(made in word for one in found.values() for word in one.argv)
    assert made not in repr(found)
    again = parts(reachable(prefect, s3), tmp_path, Role.HUB)
    assert again["prefect"].told == server.told


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_on_loopback_nothing_listens_further_or_asks_for_anything(
    tmp_path: Path, host: str
) -> None:
    prefect = free_port()
    document = {
        **SITE,
        "prefect": {"api": f"http://{host}:{prefect}/api"},
        "store": {"kind": "s3", "public_endpoint": f"http://{host}:9000"},
    }
    found = parts(document, tmp_path, Role.HUB)
    assert found["prefect"].argv[-4:] == ("--host", "127.0.0.1", "--port", str(prefect))
    assert not any("0.0.0.0" in word for one in found.values() for word in one.argv)
    assert not any("AUTH" in key for one in found.values() for key in one.environment)


def test_behind_a_proxy_the_servers_stay_on_loopback_and_prefect_still_asks(tmp_path: Path) -> None:
    document = {
        **SITE,
        "prefect": {"api": "https://hub.invalid/api"},
        "store": {"kind": "s3", "public_endpoint": "https://s3.invalid"},
    }
    found = parts(document, tmp_path, Role.HUB)
    assert "127.0.0.1" in found["prefect"].argv
    assert not any("0.0.0.0" in word for one in found.values() for word in one.argv)
    assert found["prefect"].environment["PREFECT_SERVER_API_AUTH_STRING"]


def test_an_ipv6_address_is_refused_rather_than_never_answered(tmp_path: Path) -> None:
    document = {**SITE, "prefect": {"api": "http://[2001:db8::7]:4200/api"}}
    with pytest.raises(BadSettings, match=r"prefect\.api is an IPv6 address"):
        parts(document, tmp_path, Role.HUB)


def test_a_node_elsewhere_needs_the_hubs_string(tmp_path: Path) -> None:
    far = {"api": "http://hub.invalid:4200/api"}
    document = {**SITE, "store": KEYS, "prefect": far}
    with pytest.raises(BadSettings, match=r"prefect\.auth is missing.*livecam nodes add pi1"):
        parts(document, tmp_path, Role.NODE, "pi1")
    document["prefect"] = {**far, "auth": "livecam:given"}
    worker = parts(document, tmp_path, Role.NODE, "pi1")["upload-pi1"]
    assert worker.environment["PREFECT_API_AUTH_STRING"] == "livecam:given"
    assert worker.environment["PREFECT_API_URL"] == far["api"]
    assert not any("livecam:given" in word for word in worker.argv)


def test_a_node_whose_recorder_is_a_service_of_its_own_uploads_and_serves(tmp_path: Path) -> None:
    ports, document = Ports(tmp_path / "ports"), {**SITE, "store": KEYS}
    made = plan(config.load(document), Home(tmp_path), ports, Role.NODE, "pi1", records=False)
    ports.close()
    assert [one.name for one in made.parts] == ["serve-pi1", "upload-pi1"]


def served(document: dict[str, Any], home: Path, role: Role, node: str) -> tuple[str, ...]:
    """The words of a node's server: where it listens."""
    return parts(document, home, role, node)[f"serve-{node}"].argv[-4:]


def test_a_node_is_served_on_loopback_unless_its_hub_is_elsewhere(tmp_path: Path) -> None:
    document = {**SITE, "store": KEYS}
    assert served(document, tmp_path, Role.SITE, "pi2")[:3] == ("--host", "127.0.0.1", "--port")
    assert served(document, tmp_path, Role.NODE, "pi1")[1] == "127.0.0.1"
    far = {"api": "http://hub.invalid:4200/api", "auth": "livecam:given"}
    assert served({**document, "prefect": far}, tmp_path, Role.NODE, "pi1")[1] == "0.0.0.0"
    port = str(free_port())
    named = {**document, "nodes": {"pi1": {"serve": f"127.0.0.2:{port}"}, "pi2": {}}}
    words = served(named, tmp_path, Role.NODE, "pi1")
    assert words == ("--host", "127.0.0.2", "--port", port)


@pytest.mark.parametrize("wrong", ["8000", "pi1:", "pi1:70000", ":80", 8000])
def test_where_a_node_serves_is_a_host_and_a_port(wrong: object) -> None:
    with pytest.raises(BadSettings, match=r"nodes\.pi1.*serve"):
        config.load({"nodes": {"pi1": {"serve": wrong}}})


def test_a_node_beside_its_gateway_has_a_key_of_its_own(tmp_path: Path) -> None:
    first, again = (parts(SITE, tmp_path, Role.SITE) for _ in range(2))
    keys = access_of(Home(tmp_path)).keys
    for name in ("pi1", "pi2"):
        environment = first[f"serve-{name}"].environment
        found = keys.find(environment["LIVECAM_GATEWAY_KEY"])
        assert found is not None
        assert found.node == name
        assert environment["LIVECAM_GATEWAY_URL"] == first["app"].address
        assert (
            again[f"serve-{name}"].environment["LIVECAM_GATEWAY_KEY"]
            == (environment["LIVECAM_GATEWAY_KEY"])
        )
    keys.revoke("node-pi1-here")
    renewed = parts(SITE, tmp_path, Role.SITE)["serve-pi1"].environment["LIVECAM_GATEWAY_KEY"]
    assert keys.find(renewed) is not None


def test_a_node_elsewhere_follows_the_gateway_that_its_file_names(tmp_path: Path) -> None:
    document = {**SITE, "store": KEYS}
    alone = parts(document, tmp_path, Role.NODE, "pi1")["serve-pi1"]
    assert "LIVECAM_GATEWAY_KEY" not in alone.environment
    document["gateway"] = {"url": "http://hub:8080", "key": "lck_x"}
    told = parts(document, tmp_path, Role.NODE, "pi1")["serve-pi1"]
    assert told.environment["LIVECAM_GATEWAY_URL"] == "http://hub:8080"
    assert told.environment["LIVECAM_GATEWAY_KEY"] == "lck_x"
    assert "lck_x" not in repr(told)
    assert ("--apply", "flows.config_file.of_node") in zip(told.argv, told.argv[1:], strict=False)
