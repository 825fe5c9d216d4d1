"""The contract of `flows.store.ObjectStore`, case by case."""

from __future__ import annotations

import hashlib
import itertools
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.errors import (
    BadName,
    Damaged,
    LivecamError,
    ObjectExists,
    ObjectMissing,
    StoreRefused,
    StoreUnavailable,
)
from flows.store import ObjectInfo, ObjectStore
from flows.store.probe import probe
from tests.contract.conftest import Place

ODD_KEYS = [
    "",
    "/absolute",
    "a/../b",
    "..",
    "a//b",
    "a/",
    "./a",
    ".hidden",
    "a/.b.json",
    "a b",
    "a\\b",
    "a\nb",
    "a\x00b",
    "a#1",
    "ü",
    "a" * 300,
    "a/" * 600 + "a",
]
UNDER = {
    "a/": ["a/b", "a/b-c", "a/c/d"],
    "a/b": ["a/b", "a/b-c"],
    "a/c/": ["a/c/d"],
    "ab": ["ab"],
    "b/": [],
    "nothing": [],
}
ODD_METADATA = [
    {"note": "ü"},
    {"Note": "a"},
    {"note": "a\nb"},
    {"note": " a"},
    {"note": "a" * 2100},
]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_what_is_created_is_read_back_whole_and_in_ranges(store: ObjectStore, bucket: str) -> None:
    store.create(bucket, "videos/gate/one.mp4", b"0123456789")
    assert store.read(bucket, "videos/gate/one.mp4") == b"0123456789"
    assert store.read(bucket, "videos/gate/one.mp4", offset=2, size=3) == b"234"
    assert store.read(bucket, "videos/gate/one.mp4", offset=7) == b"789"
    assert store.read(bucket, "videos/gate/one.mp4", size=4) == b"0123"


def test_a_range_is_cut_short_where_the_object_ends(store: ObjectStore, bucket: str) -> None:
    store.create(bucket, "a", b"0123")
    assert store.read(bucket, "a", offset=2, size=100) == b"23"
    assert store.read(bucket, "a", offset=4, size=1) == b""
    assert store.read(bucket, "a", offset=99) == b""
    assert store.read(bucket, "a", offset=1, size=0) == b""


def test_an_object_may_be_empty(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    store.create(bucket, "empty", b"")
    assert store.read(bucket, "empty") == b""
    assert store.head(bucket, "empty").size_bytes == 0
    assert store.fetch(bucket, "empty", tmp_path / "out") == sha256(b"")


def test_create_and_head_tell_the_same_facts(store: ObjectStore, bucket: str) -> None:
    before_ms = time.time_ns() // 1_000_000
    metadata = {"camera": "gate", "start-ms": "1700000000000", "note": "a b=c;d"}
    made = store.create(bucket, "a/b", b"hello", sha256=sha256(b"hello"), metadata=metadata)
    head = store.head(bucket, "a/b")
    assert head == store.head(bucket, "a/b", head.version_id)
    assert (head.key, head.size_bytes, head.sha256) == ("a/b", 5, sha256(b"hello"))
    assert head.metadata == metadata
    assert abs(head.received_ms - before_ms) < 60_000
    assert made is not None
    assert (made.version_id, made.sha256, made.size_bytes) == (
        head.version_id,
        head.sha256,
        head.size_bytes,
    )


def test_a_digest_is_kept_even_where_none_was_given(store: ObjectStore, bucket: str) -> None:
    store.create(bucket, "a", b"hello")
    assert store.head(bucket, "a").sha256 == sha256(b"hello")


def test_a_taken_name_is_refused_whatever_the_bytes(store: ObjectStore, bucket: str) -> None:
    store.create(bucket, "a", b"first")
    for data in (b"first", b"second"):
        with pytest.raises(ObjectExists) as caught:
            store.create(bucket, "a", data)
        assert caught.value.key == "a"
    assert store.read(bucket, "a") == b"first"
    assert len(list(store.versions(bucket, "a"))) == 1


def test_bytes_that_do_not_match_their_digest_are_not_stored(
    store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"hello")
    for data in (b"hello", tmp_path / "file"):
        with pytest.raises(Damaged):
            store.create(bucket, "a", data, sha256=sha256(b"other"))
    assert list(store.versions(bucket)) == []
    store.create(bucket, "a", b"hello", sha256=sha256(b"hello").upper())


def test_of_ten_creates_of_one_name_at_once_one_wins(
    store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    def racer(number: int) -> int | None:
        try:
            store.create(bucket, "race/key", b"%d" % number * 1000)
        except ObjectExists:
            return None
        return number

    for round_ in range(3):
        with ThreadPoolExecutor(10) as pool:
            winners = [n for n in pool.map(racer, range(10)) if n is not None]
        assert len(winners) == 1, round_
        assert store.read(bucket, "race/key") == b"%d" % winners[0] * 1000
        store.delete(bucket, [("race/key", store.head(bucket, "race/key").version_id)])


def test_a_large_file_streams_both_ways(place: Place, tmp_path: Path) -> None:
    store, bucket = place.store, place.versioned
    block = os.urandom(1 << 20)
    source, target = tmp_path / "large", tmp_path / "back"
    with source.open("wb") as file:
        for _ in range(128):
            file.write(block)
    digest = hashlib.sha256(block * 128).hexdigest()
    peak_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    store.create(bucket, "large", source, sha256=digest)
    assert store.fetch(bucket, "large", target) == digest
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_before) / 1024
    assert grown_mib < 64
    assert target.stat().st_size == source.stat().st_size
    assert store.head(bucket, "large").sha256 == digest


def test_listing_is_in_order_of_key_and_goes_on_after_any(store: ObjectStore, bucket: str) -> None:
    keys = ["a-b/x", "a/a/z", "a/b", "a/b-c", "a/b.d/e", "a0", "b", "b=1/c", "b_1"]
    for key in reversed(keys):
        store.create(bucket, key, key.encode())
    assert [o.key for o in store.list(bucket)] == sorted(keys)
    for at, key in enumerate(sorted(keys)):
        assert [o.key for o in store.list(bucket, after=key)] == sorted(keys)[at + 1 :]
    assert [o.key for o in store.list(bucket, after="a/b-")] == sorted(keys)[3:]
    assert {o.key: o.size_bytes for o in store.list(bucket)} == {k: len(k) for k in keys}


def test_listing_keeps_to_its_prefix(place: Place) -> None:
    store, bucket = place.store, place.plain
    for key in ["a/b", "a/b-c", "a/c/d", "ab"]:
        store.create(bucket, key, b"1")
    for prefix, found in UNDER.items():
        assert [o.key for o in store.list(bucket, prefix)] == found
        later = [o.key for o in store.list(bucket, prefix, after="a/b")]
        assert later == [key for key in found if key > "a/b"]


def test_folders_are_the_next_level_only(store: ObjectStore, bucket: str) -> None:
    for key in ["v/gate/d1/x", "v/gate/d2/x", "v/a-b/d1/x", "v/file", "w/x"]:
        store.create(bucket, key, b"1")
    assert store.folders(bucket, "v/") == ["a-b", "gate"]
    assert store.folders(bucket, "v/gate/") == ["d1", "d2"]
    assert store.folders(bucket, "v/none/") == []
    store.delete(bucket, [(o.key, o.version_id) for o in store.versions(bucket, "v/a-b/")])
    assert store.folders(bucket, "v/") == ["gate"]


def test_delete_is_for_good_and_harmless_to_repeat(store: ObjectStore, bucket: str) -> None:
    store.create(bucket, "a/b/c", b"1")
    store.create(bucket, "a/d", b"2")
    named = [(o.key, o.version_id) for o in store.versions(bucket, "a/b/")]
    for _ in range(2):
        store.delete(bucket, named)
    assert [o.key for o in store.versions(bucket)] == ["a/d"]
    with pytest.raises(ObjectMissing):
        store.head(bucket, "a/b/c")
    store.create(bucket, "a/b/c", b"again")


def test_delete_without_a_version_leaves_nothing_of_the_key(
    store: ObjectStore, bucket: str
) -> None:
    store.create(bucket, "a", b"1")
    store.create(bucket, "a-b", b"2")
    store.delete(bucket, [("a", ""), ("never-there", "")])
    assert [o.key for o in store.versions(bucket)] == ["a-b"]


def test_versions_are_the_objects_where_nothing_was_overwritten(
    store: ObjectStore, bucket: str
) -> None:
    for key in ("v/b", "v/a", "w/c"):
        store.create(bucket, key, b"1")
    seen = list(store.versions(bucket, "v/"))
    assert [(o.key, o.deleted) for o in seen] == [("v/a", False), ("v/b", False)]
    assert [store.head(bucket, o.key, o.version_id).version_id for o in seen] == [
        o.version_id for o in seen
    ]


def test_what_is_missing_is_said_to_be(store: ObjectStore, bucket: str, tmp_path: Path) -> None:
    unknown = "2b9d2a52-58a1-4a7e-b4b0-2e9f8a3f9a11"
    store.create(bucket, "there", b"1")
    calls = (
        lambda: store.head(bucket, "a/b"),
        lambda: store.read(bucket, "a/b"),
        lambda: store.read(bucket, "a/b", offset=1, size=1),
        lambda: store.fetch(bucket, "a/b", tmp_path / "out"),
        lambda: store.read(bucket, "there", unknown),
        lambda: store.head(bucket, "there", unknown),
        lambda: store.read(bucket, "there/below"),
    )
    for call in calls:
        with pytest.raises(ObjectMissing):
            call()
    assert list(tmp_path.glob("*out*")) == []


def test_a_missing_bucket_is_refused_with_a_way_out(store: ObjectStore, tmp_path: Path) -> None:
    calls = (
        lambda: store.create("no-such-bucket", "a", b"1"),
        lambda: store.head("no-such-bucket", "a"),
        lambda: store.read("no-such-bucket", "a"),
        lambda: store.fetch("no-such-bucket", "a", tmp_path / "out"),
        lambda: list(store.list("no-such-bucket")),
        lambda: store.folders("no-such-bucket", "a/"),
        lambda: list(store.versions("no-such-bucket")),
        lambda: store.delete("no-such-bucket", [("a", "")]),
    )
    for call in calls:
        with pytest.raises(StoreRefused, match="no bucket 'no-such-bucket'"):
            call()


def test_an_unreachable_store_is_no_crash(place: Place, tmp_path: Path) -> None:
    gone = place.unreachable()
    for call in (
        lambda: gone.create("footage", "a", b"1"),
        lambda: gone.head("footage", "a"),
        lambda: gone.fetch("footage", "a", tmp_path / "out"),
        lambda: list(gone.list("footage")),
        lambda: gone.delete("footage", [("a", "")]),
    ):
        with pytest.raises((StoreUnavailable, StoreRefused)):
            call()


def test_odd_keys_never_reach_the_store(place: Place, tmp_path: Path) -> None:
    store, bucket = place.store, place.plain
    calls: list[Callable[[str], object]] = [
        lambda key: store.create(bucket, key, b"1"),
        lambda key: store.head(bucket, key),
        lambda key: store.read(bucket, key),
        lambda key: store.fetch(bucket, key, tmp_path / "out"),
        lambda key: store.delete(bucket, [(key, "")]),
    ]
    for key, call in itertools.product(ODD_KEYS, calls):
        with pytest.raises(BadName):
            call(key)
    for prefix in ("../", "/a", "a//", "a/../b"):
        with pytest.raises(BadName):
            list(store.list(bucket, prefix))
    assert list(store.list(bucket)) == []


def test_metadata_that_headers_cannot_carry_is_refused(place: Place) -> None:
    for metadata in ODD_METADATA:
        with pytest.raises(BadName):
            place.store.create(place.plain, "a", b"1", metadata=metadata)
    assert list(place.store.list(place.plain)) == []


def test_fetch_replaces_its_target_whole_or_not_at_all(
    store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"before")
    with pytest.raises(ObjectMissing):
        store.fetch(bucket, "a", target)
    assert target.read_bytes() == b"before"
    store.create(bucket, "a", b"after")
    assert store.fetch(bucket, "a", target) == sha256(b"after")
    assert target.read_bytes() == b"after"


def test_a_flipped_bit_is_seen_by_the_reader(place: Place, tmp_path: Path) -> None:
    data = os.urandom(3 << 20)
    place.store.create(place.versioned, "a", data, sha256=sha256(data))
    place.damage(place.versioned, "a")
    assert _reads_as_damaged(place, tmp_path / "out")


def _reads_as_damaged(place: Place, target: Path) -> bool:
    """By the store's own word, or by the digest that `fetch` answers."""
    try:
        digest = place.store.fetch(place.versioned, "a", target)
    except Damaged:
        return not target.exists()
    return digest != place.store.head(place.versioned, "a").sha256


def test_the_probe_passes_and_leaves_nothing(place: Place) -> None:
    for bucket in (place.plain, place.versioned):
        probe(place.store, bucket)
        assert list(place.store.versions(bucket)) == []


class _Overwriting:
    """A store that ignores `If-None-Match`, as VersityGW does with --nometa."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def create(self, bucket: str, key: str, data: bytes) -> ObjectInfo | None:
        self._store.delete(bucket, [(key, "")])
        return self._store.create(bucket, f"{key}-{sha256(data)[:8]}", data)

    def delete(self, bucket: str, objects: list[tuple[str, str]]) -> None:
        self._store.delete(bucket, objects)


def test_the_probe_refuses_a_store_that_overwrites(place: Place) -> None:
    with pytest.raises(StoreRefused, match=r"does not hold: 4 of 4 .* a later one too"):
        probe(_Overwriting(place.store), place.plain)  # type: ignore[arg-type]


def test_errors_carry_the_key_and_one_line(store: ObjectStore, bucket: str) -> None:
    with pytest.raises(LivecamError) as caught:
        store.read(bucket, "a/b")
    assert caught.value.key == "a/b"
    assert "\n" not in str(caught.value)
