"""Amounts, and who pays."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from edge.quota import Amount, Policy, WhenFull, over


def test_an_amount_is_bytes_or_a_part() -> None:
    assert Amount.model_validate("1.5GB").of(7) == 1_500_000_000
    assert Amount.model_validate("25%").of(1_000) == 250
    assert Amount.model_validate_json(Amount(part=0.5).model_dump_json()).of(10) == 5


@pytest.mark.parametrize("text", ["", "0%", "120%", "0GB", "12", "-1GB", "1TB", "nan%", 5, None])
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        Amount.model_validate(text)


def payers(
    policy: Policy, held: dict[str, int], taker: str | None = None, need: int = 0
) -> list[str]:
    return policy.payers(held, held, (taker, need) if taker else None, 100)


def test_who_holds_most_against_his_share_pays() -> None:
    policy = Policy(shares={"large": Amount(part=0.75), "small": Amount(part=0.25)})
    assert payers(policy, {"large": 70, "small": 20}) == ["large", "small"]
    assert payers(policy, {"large": 70, "small": 25}) == ["small", "large"]
    assert payers(Policy(), {"a": 3, "b": 4, "c": 0}) == ["b", "a"]
    assert payers(Policy(), {"a": 0}) == []


def test_nobody_pays_for_who_holds_more_but_himself() -> None:
    """E5: what a flood writes now counts, though it cannot be dropped yet."""
    policy = Policy()
    open_ = {"calm": 4, "flood": 9}
    assert policy.payers({"calm": 4}, open_, ("flood", 0), 100) == []
    assert policy.payers({"flood": 4}, open_, ("calm", 0), 100) == ["flood"]
    assert payers(policy, {"calm": 4, "other": 5}, "new") == ["other", "calm"]
    assert payers(policy, {"calm": 4, "other": 5, "flood": 80}, "calm") == ["flood", "calm"]
    held, open_ = {"calm": 4}, {"calm": 4, "flood": 80}  # what the flood holds is still written
    assert policy.payers(held, open_, ("calm", 0), 100) == ["calm"]
    assert policy.payers(held, open_, ("calm", 0), 100, himself=False) == []


def test_who_asks_for_much_counts_with_what_he_asks() -> None:
    """E5: a flood that has dropped its own down to one segment takes nothing of the others."""
    policy = Policy()
    assert payers(policy, {"calm": 30, "flood": 20}, "flood", 25) == ["flood"]
    assert payers(policy, {"calm": 60, "flood": 20}, "flood", 70) == ["flood"]
    assert payers(policy, {"calm": 60, "flood": 20}, "flood", 25) == ["calm", "flood"]


def test_cameras_without_a_share_have_equal_parts_of_what_is_left() -> None:
    policy = Policy(shares={"gate": Amount(part=0.8), "a": None, "b": None})
    assert payers(policy, {"gate": 60, "a": 9, "b": 5}) == ["a", "gate", "b"]


def test_where_nothing_is_dropped_each_camera_has_a_part() -> None:
    """E5: else a flood would stop the others."""
    shares = {"gate": Amount(part=0.8), "a": None, "b": None}
    stops = Policy(shares=shares, when_full=WhenFull.STOP)
    assert [stops.share_bytes(c, 100) for c in ("gate", "a", "new")] == [80, 10, 6]
    assert Policy(shares=shares).share_bytes("a", 100) is None
    assert Policy(when_full=WhenFull.STOP).share_bytes("only", 100) == 100


def test_what_is_kept_free_of_a_small_limit_is_a_small_part_of_it() -> None:
    assert over(held_bytes=80, most_bytes=100, next_bytes=1_000) == 0
    assert over(held_bytes=90, most_bytes=100, next_bytes=1_000) == 2
    assert over(held_bytes=90, most_bytes=100, next_bytes=5) == 0
