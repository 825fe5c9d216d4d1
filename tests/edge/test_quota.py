"""Amounts, and who pays."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from edge.quota import Amount, Policy, over


def test_an_amount_is_bytes_or_a_part() -> None:
    assert Amount.model_validate("1.5GB").of(7) == 1_500_000_000
    assert Amount.model_validate("25%").of(1_000) == 250
    assert Amount.model_validate_json(Amount(part=0.5).model_dump_json()).of(10) == 5


@pytest.mark.parametrize("text", ["", "0%", "120%", "0GB", "12", "-1GB", "1TB", "nan%", 5, None])
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        Amount.model_validate(text)


def test_who_holds_most_against_his_share_pays() -> None:
    shares = {"large": Amount(part=0.75), "small": Amount(part=0.25)}
    policy = Policy(shares=shares)
    assert policy.payer({"large": 70, "small": 20}, 100) == "large"
    assert policy.payer({"large": 70, "small": 25}, 100) == "small"
    assert Policy().payer({"a": 3, "b": 4, "c": 0}, 100) == "b"
    assert Policy().payer({"a": 0}, 100) is None


def test_what_is_kept_free_of_a_small_limit_is_a_small_part_of_it() -> None:
    assert over(held_bytes=80, most_bytes=100, next_bytes=1_000) == 0
    assert over(held_bytes=90, most_bytes=100, next_bytes=1_000) == 2
    assert over(held_bytes=90, most_bytes=100, next_bytes=5) == 0
