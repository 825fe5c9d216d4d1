"""What somebody may not see is answered as what never was: in lists, counts, pictures, by name.

Two sites are asked the same: one has a camera that the visitor may not see, the other never had
it. Any difference between their answers is a leak, whatever shape it takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from dashboards.access.visitor import Role, Visitor
from tests.dashboards.conftest import gateway
from tests.dashboards.rights import HIDDEN, SEEN, World, looks


@dataclass(frozen=True)
class Pair:
    """Gateways of both sites, and what names each camera's things in the larger."""

    both: httpx.Client
    one: httpx.Client
    ids: Mapping[str, Mapping[str, str]]
    schema: Any


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    root: Path = tmp_path_factory.mktemp("worlds")
    both, one = World.of(root / "both", SEEN, HIDDEN), World.of(root / "one", SEEN)
    with gateway(both.site, both.app) as larger, gateway(one.site, one.app) as smaller:
        schema = larger.get("/openapi.json").json()
        yield Pair(larger, smaller, both.ids, schema)


@pytest.mark.parametrize(
    "role", [Role.ADMIN, *(pytest.param(one, marks=pytest.mark.full) for one in list(Role)[:2])]
)
def test_what_one_may_not_see_never_was(pair: Pair, role: Role) -> None:
    some, leaks = Visitor("kim", role, frozenset({SEEN})), []
    asked = [look for ids in pair.ids.values() for look in looks(pair.schema, ids)]
    for look in asked:
        here, there = look.by(some, pair.both), look.by(some, pair.one)
        if here != there:
            leaks.append(f"{look}: {here[0]} {here[2][:300]!r} not {there[0]} {there[2][:300]!r}")
    assert leaks == []
    assert len(asked) > 30


def test_there_is_something_to_hide(pair: Pair) -> None:
    """Else the test above could not fail."""
    everybody, some = (Visitor("ann", Role.ADMIN, seen) for seen in (None, frozenset({SEEN})))
    same = {
        str(look)
        for look in looks(pair.schema, pair.ids[HIDDEN])
        if look.by(everybody, pair.both) == look.by(some, pair.both)
    }
    assert same == set()


def test_who_may_see_no_camera_is_told_of_none(pair: Pair) -> None:
    nobody = Visitor("lee", Role.VIEWER, frozenset())
    for ids in pair.ids.values():
        for look in looks(pair.schema, ids):
            status, _, body = look.by(nobody, pair.both)
            assert status < 500, str(look)
            if ids["camera"] not in str(look):
                assert ids["camera"].encode() not in body, str(look)
