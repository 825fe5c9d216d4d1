"""Retention carried out on a folder store: what goes, what stays, and crashes between steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.clock import to_day
from edge.errors import ObjectMissing, StoreUnavailable, TooMuch
from flows.catalogue import derived, read
from flows.catalogue.derived import Made
from flows.catalogue.findings import thumbnail_key
from flows.retention import Action
from flows.settings import FlowSettings, RetainSettings
from flows.site import Site
from flows.stages import holds, retain
from flows.store import FOOTAGE, LIVECAM
from tests.flows.archive import DAY_MS, FakeClock, fill, folder_site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Camera `a` keeps nothing, everything else 30 days."""
    settings = FlowSettings(
        nodes=("local",), camera_nodes={"a": "local"}, camera_retain={"a": RetainSettings(days=0)}
    )
    return folder_site(tmp_path, settings)


def statuses(site: Site) -> dict[str, str]:
    rows = read.segments(site, all=True)
    return dict(zip(rows["id"], rows["status"], strict=True))


def test_only_what_is_due_goes_and_its_rows_stay_as_expired(site: Site) -> None:
    gone, kept = fill(site, "a", 5), fill(site, "b", 5)
    done = retain.retain(site)
    assert (done.deleted, done.freed_bytes) == (3, sum(s.size_bytes for s in gone))
    assert statuses(site) == {s.id: "expired" for s in gone} | {s.id: "stored" for s in kept}
    for segment in gone:
        with pytest.raises(ObjectMissing):
            site.store.head(FOOTAGE, segment.key)
        with pytest.raises(ObjectMissing):
            site.store.head(LIVECAM, thumbnail_key(segment.id))
    assert retain.retain(site).deleted == 0


def test_every_picture_made_of_footage_goes_with_it(site: Site) -> None:
    gone, kept = fill(site, "a", 5), fill(site, "b", 5)
    for segment in (*gone, *kept):
        for number in range(2):
            site.store.create(LIVECAM, derived.key(Made.SPRITES, segment.id, f"{number}"), b"")
        site.store.create(LIVECAM, derived.key(Made.CROPS, segment.id, "1500_1-2-3-4"), b"")
    foreign = f"sprites/a/{to_day(gone[0].start_ms)}/of-somebody-else.jpg"
    site.store.create(LIVECAM, foreign, b"")
    retain.retain(site)
    left = [one.key for kind in Made for one in site.store.list(LIVECAM, f"{kind}/")]
    assert foreign in left
    assert {derived.made_of(key) for key in left if key != foreign} == {one.id for one in kept}
    assert len(left) == 4 * len(kept) + 1


def test_a_preview_changes_nothing(site: Site) -> None:
    fill(site, "a", 5)
    fill(site, "b", 5)
    later = retain.preview(site, site.clock.utc_ms() + 365 * DAY_MS)
    assert {one.action for one in later} == {Action.EXPIRE}
    assert set(statuses(site).values()) == {"stored"}
    assert retain.last_completed_ms(site) is None


def test_above_the_cap_nothing_goes(site: Site) -> None:
    fill(site, "a", 5)
    with pytest.raises(TooMuch, match="livecam retain --max-delete 3"):
        retain.retain(site, max_delete=2)
    assert set(statuses(site).values()) == {"stored"}


def test_a_hold_wins_and_its_release_lets_go(site: Site) -> None:
    first, second, third = fill(site, "a", 5)
    holds.place(site, "a", second.start_ms, third.end_ms)
    assert retain.retain(site).deleted == 1
    site.clock.sleep(1)
    holds.release(site, "a", third.start_ms, third.end_ms)
    assert retain.retain(site).deleted == 1
    assert statuses(site) == {first.id: "expired", second.id: "stored", third.id: "expired"}


def test_a_hold_made_between_plan_and_deletion_wins(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = fill(site, "a", 5)
    carry_out = retain._carry_out

    def hold_first(site: Site, plan: list[retain.Fact]) -> list[retain.Fact]:
        holds.place(site, "a", first.start_ms, first.end_ms)
        return carry_out(site, plan)

    monkeypatch.setattr(retain, "_carry_out", hold_first)
    assert retain.retain(site).deleted == 2
    assert statuses(site)[first.id] == "stored"
    assert statuses(site)[second.id] == "expired"
    site.store.head(FOOTAGE, first.key)


@pytest.mark.parametrize("step", range(1, 13))
def test_a_crash_after_any_step_is_finished_by_the_next_run(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    gone, kept = fill(site, "a", 5), fill(site, "b", 5)
    monkeypatch.setattr(retain, "PLAN_SIZE", 2)
    with monkeypatch.context() as broken:
        fail_at(site, broken, step)
        with pytest.raises(StoreUnavailable):
            retain.retain(site)
    retain.retain(site)
    assert statuses(site) == {s.id: "expired" for s in gone} | {s.id: "stored" for s in kept}
    assert len(read.expiries(site)) == len(gone)


def fail_at(site: Site, patch: pytest.MonkeyPatch, step: int) -> None:
    """Make the store fail at its n-th change from now on."""
    changes = iter(range(1, step + 1))
    for name in ("create", "delete"):
        real = getattr(site.store, name)

        def counted(*args: object, _real: Callable[..., object] = real, **kw: object) -> object:
            if next(changes, step) == step:
                raise StoreUnavailable("gone")
            return _real(*args, **kw)

        patch.setattr(site.store, name, counted)


def test_the_cap_counts_from_the_last_completed_run(site: Site) -> None:
    fill(site, "b", 31, number=4)
    assert retain.retain(site).deleted == 4
    fill(site, "b", 40, number=4)  # came of age before that run, and was not there then
    with pytest.raises(TooMuch):
        retain.retain(site)


def test_an_untrusted_clock_deletes_nothing(site: Site) -> None:
    fill(site, "a", 5)
    assert isinstance(site.clock, FakeClock)
    site.clock.now_ms -= 6 * DAY_MS
    with pytest.raises(TooMuch, match="nothing deleted"):
        retain.retain(site, max_delete=100)
    assert set(statuses(site).values()) == {"stored"}
