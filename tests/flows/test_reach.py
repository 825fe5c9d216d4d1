"""What counts as this machine alone, and the string that guards the rest."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from edge.errors import BadSettings
from edge.home import Home
from flows import reach, settings
from flows.settings import FlowSettings

FAR = "http://hub.invalid:4200/api"


def of(**prefect: str) -> FlowSettings:
    return settings.parse({"prefect": prefect})


@pytest.mark.parametrize(
    ("url", "alone"),
    [
        ("http://127.0.0.1:4200/api", True),
        ("http://127.9.8.7:4200/api", True),
        ("http://localhost:4200/api", True),
        ("http://LOCALHOST:4200/api", True),
        ("http://[::1]:4200/api", True),
        (FAR, False),
        ("http://192.0.2.7:4200/api", False),
        ("http://[2001:db8::7]:4200/api", False),
        ("http://localhost.example:4200/api", False),
        ("http://127.0.0.1.example:4200/api", False),
    ],
)
def test_only_this_machines_own_names_are_loopback(url: str, alone: bool) -> None:
    assert reach.is_loopback(url) is alone


@pytest.mark.parametrize(
    "url",
    [
        "hub.invalid:4200/api",
        "ftp://hub.invalid/api",
        "http://:4200/api",
        "http://hub.invalid:port/api",
        "http://me:word@hub.invalid:4200/api",
        "http://0.0.0.0:4200/api",
        "http://[::]:4200/api",
        "http://[::/api",
    ],
)
def test_what_no_node_could_use_is_refused_with_the_way_out(url: str) -> None:
    with pytest.raises(BadSettings, match=r"prefect\.api.*http://host:port") as caught:
        reach.address(url, "prefect.api")
    assert "word" not in str(caught.value)


def test_the_string_is_made_once_and_only_its_owner_reads_it(livecam_home: Path) -> None:
    home, far = Home(livecam_home), of(api=FAR)
    assert reach.auth_of(far, home) is None
    made = reach.make_auth(far, home)
    assert made is not None
    assert made.startswith("livecam:")
    assert len(made) > 40
    assert reach.make_auth(far, home) == reach.auth_of(far, home) == made
    assert (home.secrets / reach.FILE).stat().st_mode & 0o777 == 0o600


def test_on_loopback_there_is_none(livecam_home: Path) -> None:
    home = Home(livecam_home)
    assert reach.make_auth(FlowSettings(), home) is None
    assert not home.secrets.exists()
    reach.make_auth(of(api=FAR), home)
    assert reach.auth_of(FlowSettings(), home) is None


def test_the_configurations_own_is_taken_and_never_shown(livecam_home: Path) -> None:
    named = of(api=FAR, auth="livecam:given")
    assert reach.make_auth(named, Home(livecam_home)) == "livecam:given"
    assert "given" not in repr(named)
    assert not (livecam_home / "secrets").exists()
    with pytest.raises(BadSettings, match=r"prefect\.auth"):
        of(auth="")


def test_a_string_that_cannot_be_read_is_not_replaced(livecam_home: Path) -> None:
    path = livecam_home / "secrets" / reach.FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff")
    with pytest.raises(BadSettings, match="every node needs the new one"):
        reach.make_auth(of(api=FAR), Home(livecam_home))


def test_a_request_carries_it_whole() -> None:
    assert reach.headers(None) == {}
    for auth in ("livecam:a:b", "no-colon"):
        scheme, told = reach.headers(auth)["Authorization"].split()
        assert (scheme, base64.b64decode(told).decode()) == ("Basic", auth)
