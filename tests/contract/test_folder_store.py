"""What only the folder store promises."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from edge.errors import BadName, BadSettings, Damaged, ObjectExists, ObjectMissing, StoreRefused
from edge.home import Home
from flows.settings import StoreSettings
from flows.store.choose import open_store
from flows.store.errors import ERRNOS, from_os
from flows.store.files import ABANDONED_S
from flows.store.folder import FolderStore


@pytest.fixture
def root(livecam_home: Path) -> Path:
    open_store(StoreSettings(), Home(livecam_home))
    return livecam_home / "store"


@pytest.fixture
def store(root: Path) -> FolderStore:
    return FolderStore(root)


def test_an_object_is_the_plain_file(store: FolderStore, root: Path) -> None:
    store.create("footage", "videos/gate/2026-11-01/one.mp4", b"bytes")
    assert (root / "footage/videos/gate/2026-11-01/one.mp4").read_bytes() == b"bytes"


def test_it_says_what_it_lacks(store: FolderStore) -> None:
    lacks = store.capabilities
    assert (lacks.versions, lacks.identities, lacks.presigned) == (False, False, False)


def test_lost_metadata_costs_no_footage(store: FolderStore, root: Path) -> None:
    store.create("footage", "v/a", b"bytes", metadata={"camera": "gate"})
    beside = root / "footage/v/.a.json"
    for harm in (beside.unlink, lambda: beside.write_bytes(b"{torn"), lambda: None):
        harm()
        head = store.head("footage", "v/a")
        assert (head.size_bytes, head.sha256, head.metadata) == (5, None, None)
    assert store.read("footage", "v/a") == b"bytes"
    assert [o.key for o in store.list("footage")] == ["v/a"]


def test_repeating_a_create_mends_lost_metadata(store: FolderStore, root: Path) -> None:
    made = store.create("footage", "a", b"bytes", metadata={"camera": "gate"})
    (root / "footage/.a.json").unlink()
    with pytest.raises(ObjectExists):
        store.create("footage", "a", b"other", metadata={"camera": "yard"})
    assert store.head("footage", "a").metadata is None
    with pytest.raises(ObjectExists):
        store.create("footage", "a", b"bytes", metadata={"camera": "gate"})
    assert store.head("footage", "a") == made


def test_a_key_below_or_above_an_object_is_refused(store: FolderStore) -> None:
    store.create("livecam", "a/b", b"1")
    with pytest.raises(BadName):
        store.create("livecam", "a/b/c", b"2")
    with pytest.raises(BadName):
        store.create("livecam", "a", b"2")


def test_deleting_leaves_no_empty_folders(store: FolderStore, root: Path) -> None:
    store.create("livecam", "a/b/c", b"1")
    store.create("livecam", "a/d", b"1")
    store.delete("livecam", [("a/b/c", "")])
    assert sorted(p.name for p in (root / "livecam/a").iterdir()) == [".d.json", "d"]


def test_a_folder_made_and_removed_by_others_is_made_again(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir, beaten = os.mkdir, list[Path]()

    def make(path: Path, mode: int = 0o777) -> None:
        if path.name == "day" and not beaten:
            beaten.append(path)
            raise FileExistsError(path)  # another's, who has removed it by now
        mkdir(path, mode)

    monkeypatch.setattr(os, "mkdir", make)
    store.create("livecam", "day/key", b"1")
    assert store.read("livecam", "day/key") == b"1"
    assert beaten


def test_creating_beside_deleting_in_one_folder_loses_nothing(store: FolderStore) -> None:
    def work(number: int) -> None:
        for turn in range(60):
            key = f"day/{number}-{turn}"
            store.create("livecam", key, b"1")
            store.delete("livecam", [(key, "")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert list(store.list("livecam")) == []


KILLED = """
import os, sys
from pathlib import Path
from flows.store.folder import FolderStore
store = FolderStore(Path(sys.argv[1]))
print("ready", flush=True)
for n in range(100000):
    store.create("livecam", f"k/{n:06d}", os.urandom(1) * 400_000, metadata={"n": str(n)})
"""


def test_a_killed_writer_leaves_only_whole_objects(store: FolderStore, root: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(root)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        deadline = time.monotonic() + 30
        while len(list(store.list("livecam"))) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        writer.kill()
    seen = list(store.list("livecam"))
    assert len(seen) >= 20
    assert {o.size_bytes for o in seen} == {400_000}
    assert all(len(set(store.read("livecam", o.key))) == 1 for o in seen)


def test_what_a_crash_left_half_written_is_cleared_after_a_day(
    store: FolderStore, root: Path
) -> None:
    old, young = root / "livecam/.tmp/old", root / "livecam/.tmp/young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - ABANDONED_S - 60,) * 2)
    store.prepare()
    assert (old.exists(), young.exists()) == (False, True)
    assert list(store.list("livecam")) == []


def test_a_vanished_disk_is_not_an_empty_store(store: FolderStore, root: Path) -> None:
    (root / "footage").rename(root / "elsewhere")
    with pytest.raises(StoreRefused, match="Is its disk mounted"):
        list(store.list("footage"))


def test_a_full_disk_says_so(store: FolderStore, tmp_path: Path) -> None:
    error = from_os(OSError(errno.ENOSPC, "No space left on device", "/x"), "a")
    assert "disk is full" in str(error)
    assert "Free some space" in str(error)


def test_every_errno_becomes_one_of_ours() -> None:
    for code in errno.errorcode:
        told = from_os(OSError(code, os.strerror(code), "/x"), "a/b")
        assert told.key == "a/b"
        if code in ERRNOS:
            assert type(told) is ERRNOS[code][0]
    assert type(from_os(OSError("odd"), "a")).__name__ == "StoreUnavailable"


def test_a_delta_table_lives_in_it(store: FolderStore) -> None:
    where = store.delta_uri("catalogue/t")
    pl.DataFrame({"a": [1], "day": ["2026-11-01"]}).write_delta(
        where, delta_write_options={"partition_by": "day"}, storage_options=store.delta_options()
    )
    assert pl.read_delta(where).height == 1
    listed = [o.key for o in store.list("livecam", "catalogue/t/")]
    assert any(key.startswith("catalogue/t/_delta_log/") for key in listed)
    assert any(key.startswith("catalogue/t/day=2026-11-01/") for key in listed)
    store.delete("livecam", [(key, "") for key in listed])
    assert list(store.list("livecam")) == []


def test_the_probe_holds_here(store: FolderStore) -> None:
    store.probe()


def test_a_wrong_digest_leaves_no_file(store: FolderStore, root: Path) -> None:
    with pytest.raises(Damaged):
        store.create("livecam", "a", b"1", sha256="0" * 64)
    assert [p for p in (root / "livecam").rglob("*") if p.is_file()] == []


def test_a_version_is_never_there(store: FolderStore) -> None:
    store.create("livecam", "a", b"1")
    with pytest.raises(ObjectMissing):
        store.read("livecam", "a", "some-version")


def test_an_endpoint_without_kind_s3_is_refused(livecam_home: Path) -> None:
    settings = StoreSettings(endpoint="http://127.0.0.1:9000")
    with pytest.raises(BadSettings, match="kind: s3"):
        open_store(settings, Home(livecam_home))
