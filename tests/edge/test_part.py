"""What is written of an index is read again; what is torn is not believed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.part import PartHeader, Unit, end_line, header_line, read_end, read_index, unit_line

HEADER = PartHeader(
    camera="yard", node="pi1", start_ms=1, monotonic_ms=2, boot_id="b", source="rtsp"
)
COUNTS = st.integers(0, (1 << 53) - 1)
UNITS = st.lists(st.builds(Unit, COUNTS, COUNTS, st.integers(0, 0xFFFFFFFF)), max_size=9)


def index(units: list[Unit]) -> bytes:
    return header_line(HEADER) + b"".join(unit_line(unit) for unit in units)


@given(UNITS)
def test_an_index_is_read_as_it_was_written(units: list[Unit]) -> None:
    assert read_index(index(units)) == (HEADER, units)


@given(UNITS, st.integers(1, 60))
def test_a_torn_last_line_is_left_out(units: list[Unit], lost: int) -> None:
    torn = index([*units, Unit(1, 2, 3)])
    header, found = read_index(torn[:-lost])
    assert header in (HEADER, None)
    assert found == units[: len(found)]


@given(st.binary(max_size=200))
def test_anything_else_is_no_header(data: bytes) -> None:
    assert read_index(data)[0] is None


@given(UNITS, st.integers(0, 1 << 40))
def test_an_end_is_read_as_it_was_written(units: list[Unit], wall_ms: int) -> None:
    assert read_end(index(units)) is None
    assert read_end(index(units) + end_line(wall_ms)) == wall_ms


@given(st.integers(0, 1 << 40), st.data())
def test_an_end_with_a_bit_flipped_is_none(wall_ms: int, data: st.DataObject) -> None:
    line = bytearray(end_line(wall_ms))
    bit = data.draw(st.integers(0, len(line) * 8 - 1))
    line[bit // 8] ^= 1 << bit % 8
    assert read_end(index([]) + bytes(line)) is None
