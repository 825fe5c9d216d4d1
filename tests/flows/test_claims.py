"""Receipts are claims: each line is checked, what disagrees changes no row (C6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge import receipt
from edge.receipt import Line, Missed, Report, Stored
from edge.segment import Cause, Fragment, Gap, Segment
from flows.catalogue import journal, read
from flows.catalogue.journal import Kind
from flows.site import Site
from flows.stages import label
from flows.stages.analyse import analyse
from flows.stages.drain import drain
from flows.stages.ingest import aside_key, ingest
from flows.stages.replay import replay
from flows.stages.upload import _parts
from flows.store import FOOTAGE, LIVECAM
from flows.store.s3 import S3Store
from tests.flows.stage_site import START_MS, folder_site, minio_in_full, minio_site, seal, seal_some
from tests.servers.minio_server import Minio

TWO_NODES = {
    "nodes": {"pi1": {}, "pi2": {}},
    "cameras": {
        "gate": {"node": "pi1", "source": "scene:"},
        "hall": {"node": "pi2", "source": "scene:"},
    },
}


def put(site: Site, segment: Segment, data: bytes | None = None) -> None:
    path = site.home.spool / "sealed" / segment.name.file
    site.store.create(
        FOOTAGE, segment.key, data or path.read_bytes(), metadata=label.to_metadata(segment)
    )


def send(site: Site, node: str, lines: list[Line] | bytes) -> str:
    data = lines if isinstance(lines, bytes) else receipt.to_bytes(lines)
    key = receipt.key_for(node, data, site.clock.utc_ms())
    site.store.create(LIVECAM, key, data)
    return key


def claimed(segment: Segment, key: str | None = None, **changes: object) -> Stored:
    return Stored(key=key or segment.key, segment=segment.model_copy(update=changes))


def gap(start_ms: int, end_ms: int) -> Missed:
    cause = Cause.DISABLED
    return Missed(gap=Gap(camera="gate", node="pi1", start_ms=start_ms, end_ms=end_ms, cause=cause))


FORGERIES: dict[str, Callable[[Segment], list[Line] | bytes]] = {
    "another node's camera": lambda s: [claimed(s, camera="hall")],
    "a camera of nobody": lambda s: [claimed(s, camera="attic")],
    "another node's name": lambda s: [claimed(s, node="pi2")],
    "a wrong digest": lambda s: [claimed(s, key=s.key, sha256="0" * 64)],
    "the digest's end wrong": lambda s: [claimed(s, sha256=s.sha256[:16] + "0" * 48)],
    "a wrong size": lambda s: [claimed(s, size_bytes=s.size_bytes + 1)],
    "a time that the object denies": lambda s: [claimed(s, wall_ms=s.wall_ms + 1)],
    "a key that is not there": lambda s: [
        Stored(
            key=s.model_copy(update={"start_ms": 5}).key,
            segment=s.model_copy(update={"start_ms": 5}),
        )
    ],
    "a key of another segment": lambda s: [claimed(s, key=s.key.replace("gate", "hall"))],
    "a key outside": lambda s: [claimed(s, key="../../etc/passwd")],
    "another node's gap": lambda _: [
        Missed(gap=Gap(camera="hall", node="pi1", start_ms=0, end_ms=9, cause=Cause.DISABLED))
    ],
    "another node's report": lambda _: [Report(node="pi2", at_ms=1, laws={})],
    "a gap that ends before it begins": lambda _: [gap(start_ms=9, end_ms=8)],
    "a gap beyond all calendars": lambda _: [gap(start_ms=0, end_ms=10**18)],
    "a number that no table holds": lambda s: [claimed(s, media_ms=10**30)],
    "a start beyond all calendars": lambda s: [claimed(s, key=s.key, start_ms=10**17)],
    "no number": lambda s: [claimed(s, fps=float("inf"))],
    "fragments beyond the file": lambda s: [
        claimed(s, fragments=(Fragment(s.size_bytes, 1, 0, True, 0),))
    ],
    "a report beyond all calendars": lambda _: [Report(node="pi1", at_ms=10**18, laws={})],
    "no JSON": lambda _: b"\x00\xff not a receipt\n",
    "an unknown field": lambda _: b'{"kind": "gap", "gap": {"camera": "gate"}, "rm": "-rf"}\n',
    "deep nesting": lambda _: b"[" * 10_000,
    "nothing at all": lambda _: b"\n",
    "more lines than a receipt has": lambda _: b"{}\n" * (receipt.MOST_LINES + 1),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_receipt_is_set_aside_and_changes_no_row(forgery: str, livecam_home: Path) -> None:
    site = folder_site(livecam_home, TWO_NODES)
    segment = seal(site, "gate", START_MS, node="pi1")
    put(site, segment)
    data = FORGERIES[forgery](segment)
    key = send(site, "pi1", data)

    done = ingest(site)

    assert done.set_aside == [key]
    assert read.segments(site, all=True).is_empty()
    assert read.gaps(site).is_empty()
    row = read.set_aside(site).row(0, named=True)
    assert row["id"] == f"ingest/{key}"
    assert row["reason"]
    raw = data if isinstance(data, bytes) else receipt.to_bytes(data)
    assert site.store.read(LIVECAM, aside_key(key)) == raw
    assert not list(site.store.list(LIVECAM, receipt.INBOX))
    assert ingest(site).receipts == 0


def test_good_lines_of_a_forged_receipt_count(folder: Site) -> None:
    one, two = seal_some(folder, count=2)
    put(folder, one)
    send(folder, "local", [claimed(two), claimed(one)])
    ingest(folder)
    assert read.segments(folder)["id"].to_list() == [one.id]
    assert read.set_aside(folder)["key"].to_list() == [two.key]


def test_a_receipt_set_aside_is_put_back_and_then_holds(folder: Site) -> None:
    (one,) = seal_some(folder, count=1)
    key = send(folder, "local", [claimed(one)])
    ingest(folder)
    assert read.segments(folder).is_empty()
    put(folder, one)

    assert [row["id"] for row in replay(folder, [key])] == [f"ingest/{key}"]

    ingest(folder)
    assert read.segments(folder)["id"].to_list() == [one.id]
    assert read.set_aside(folder).is_empty()


def test_an_overwritten_object_is_reported_and_its_first_version_stays(
    own_minio: Minio, livecam_home: Path
) -> None:
    site = minio_site(own_minio, livecam_home)
    (one,) = seal_some(site, count=1)
    put(site, one)
    assert isinstance(site.store, S3Store)
    site.store._s3.put_object(Bucket=FOOTAGE, Key=one.key, Body=b"something else")
    send(site, "local", [claimed(one)])

    ingest(site)
    analyse(site, "run")

    row = read.segments(site).row(0, named=True)
    assert (
        site.store.fetch(FOOTAGE, one.key, site.home.root / "got", row["version_id"]) == one.sha256
    )
    told = list(journal.facts(site.store, Kind.REPORTS))
    assert [f["key"] for f in told if f["kind"] == "second_version"] == [one.key]
    assert read.analyses(site).height == 1


def test_a_damaged_sealed_file_is_quarantined_and_the_rest_goes_on(folder: Site) -> None:
    one, two, three = seal_some(folder)
    path = folder.home.spool / "sealed" / two.name.file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    drain(folder)

    assert read.segments(folder)["id"].to_list() == [one.id, three.id]
    assert read.gaps(folder)["cause"].to_list() == ["quarantined"]
    assert (folder.home.spool / "quarantine" / two.name.file).read_bytes() == data


@minio_in_full
def test_what_is_too_large_for_a_receipt_stays_unread_and_is_told_once(site: Site) -> None:
    (one,) = seal_some(site, count=1)
    put(site, one)
    path = site.home.root / "large"
    with path.open("wb") as file:
        file.truncate(receipt.MOST_BYTES + 1)
    large = receipt.key_for("local", b"large", 1)  # the first of the inbox
    site.store.create(LIVECAM, large, path)
    send(site, "local", [claimed(one)])

    done = ingest(site, limit=1)

    assert (done.segments, done.set_aside) == (1, [large])
    assert read.segments(site)["id"].to_list() == [one.id]
    [row] = read.set_aside(site).to_dicts()
    assert row["id"] == f"ingest/{large}"
    assert "stays in the inbox" in row["reason"]
    assert ingest(site).set_aside == []
    assert site.store.head(LIVECAM, large).size_bytes == receipt.MOST_BYTES + 1
    assert replay(site, [large])
    assert ingest(site).set_aside == [large]
    site.store.delete(LIVECAM, [(large, "")])
    replay(site, None)
    assert ingest(site).set_aside == []


def test_long_fragment_indexes_come_in_several_receipts(folder: Site) -> None:
    made = seal_some(folder, count=3)
    fragments = tuple(Fragment(n, 1, n, False, 2**32 - 1) for n in range(100_000))
    lines: list[Line] = [
        Stored(key=one.key, segment=one.model_copy(update={"fragments": fragments})) for one in made
    ]
    parts = list(_parts(lines))
    assert [len(part) for part in parts] == [2, 1]
    assert all(len(receipt.to_bytes(part)) < receipt.MOST_BYTES for part in parts)
