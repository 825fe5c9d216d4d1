"""What an audit says of a law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# The laws that leave no evidence, each with the test that breaks it on purpose.
PROVEN_BY: Mapping[str, str] = {
    "E4": "tests/faults/test_kill.py",
    "E5": "tests/edge/test_recorder.py",
    "D2": "tests/flows/test_retain.py",
    "A1": "tests/infra/test_node_rights.py",
}
# Enough to act on; a store that lost everything would otherwise print a million.
MOST_KEYS = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """How many things were checked, and which of them (keys, ids, stretches) break the law."""

    checked: int
    keys: tuple[str, ...] = ()

    def __add__(self, other: Finding) -> Finding:
        return Finding(self.checked + other.checked, self.keys + other.keys)


@dataclass(frozen=True, slots=True)
class Law:
    """A law's number and what was found, or why this store cannot show it."""

    number: str
    finding: Finding | None = None
    not_applicable: str | None = None
    proven_by: str | None = None

    def as_json(self) -> dict[str, Any]:
        if self.not_applicable:
            return {"not_applicable": self.not_applicable}
        if self.finding is None:
            return {"proven_by": self.proven_by}
        keys = sorted(set(self.finding.keys))
        return {
            "checked": self.finding.checked,
            "broken": len(keys),
            "keys": keys[:MOST_KEYS],
        }


def broken(laws: Iterable[Law]) -> bool:
    """Whether any law is."""
    return any(law.finding and law.finding.keys for law in laws)


def totals(laws: Iterable[Law]) -> dict[str, int]:
    """`checked` and `broken` laws: those that left evidence, and those of them it contradicts."""
    found = [law.finding for law in laws if law.finding is not None]
    return {"checked": len(found), "broken": sum(bool(one.keys) for one in found)}
