"""Times, dates and sizes as people read them, in the visitor's language and zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from dashboards.words import Language, Word, language
from edge.clock import to_utc

_WEEKDAYS = "월화수목금토일"


class _Span(Word):
    SECONDS = "{s} s", "{s}초"
    MINUTES = "{min} min", "{min}분"
    HOURS = "{h} h {min} min", "{h}시간 {min}분"
    DAYS = "{d} d", "{d}일"
    AGO = "{span} ago", "{span} 전"
    IN = "in {span}", "{span} 후"


class _Exact(Word):
    SECONDS = "{s} s", "{s}초"
    MINUTES = "{min} min", "{min}분"
    HOURS = "{h} h", "{h}시간"


def span(ms: float) -> str:
    """A length of time for a person: `0.05 s`, `3 min`, `2 h 5 min`."""
    if 0 < ms < 1_000:
        return _Span.SECONDS(s=f"{ms / 1_000:.2g}")
    seconds = max(round(ms / 1_000), 0)
    if seconds < 120:
        return _Span.SECONDS(s=seconds)
    if seconds < 2 * 3_600:
        return _Span.MINUTES(min=seconds // 60)
    if seconds < 2 * 86_400:
        return _Span.HOURS(h=seconds // 3_600, min=seconds % 3_600 // 60)
    return _Span.DAYS(d=seconds // 86_400)


def exactly(ms: int) -> str:
    """A length of time to the tenth of a second: `51 min 3.2 s`."""
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1_000:.1f}".removesuffix(".0")
    words = [_Exact.HOURS(h=hours)] * bool(hours) + [_Exact.MINUTES(min=minutes)] * bool(minutes)
    return " ".join([*words, _Exact.SECONDS(s=seconds)] if rest or not words else words)


def ago(ms: float) -> str:
    """`3 min ago`."""
    return _Span.AGO(span=span(round(ms, -3)))


def ahead(ms: float) -> str:
    """`in 3 min`."""
    return _Span.IN(span=span(round(ms, -3)))


def local(ms: int, where: ZoneInfo) -> dt.datetime:
    """A moment as the visitor's clock shows it."""
    return to_utc(ms).astimezone(where)


def day(of: dt.date) -> str:
    """`Sat 21 Nov 2026`, `2026년 11월 21일 (토)`."""
    if language() is Language.KOREAN:
        return f"{of.year}년 {of.month}월 {of.day}일 ({_WEEKDAYS[of.weekday()]})"
    return f"{of:%a} {of.day} {of:%b} {of.year}"


def short_day(of: dt.date) -> str:
    """The same without the year: `Sat 21 Nov`, `11월 21일 (토)`."""
    if language() is Language.KOREAN:
        return f"{of.month}월 {of.day}일 ({_WEEKDAYS[of.weekday()]})"
    return f"{of:%a %d %b}"


def clock(ms: int, where: ZoneInfo) -> str:
    """`10:05:33`."""
    return f"{local(ms, where):%H:%M:%S}"


def moment(ms: int, where: ZoneInfo) -> str:
    """Day and time: `Sat 21 Nov, 10:05:33`; the page names the zone."""
    at = local(ms, where)
    return (
        f"{short_day(at)}, {at:%H:%M:%S}"
        if language() is not Language.KOREAN
        else (f"{short_day(at)} {at:%H:%M:%S}")
    )


def zone(where: ZoneInfo, ms: int) -> str:
    """A zone as a person knows it at a moment: `Europe/Berlin, UTC+1`."""
    offset = local(ms, where).utcoffset() or dt.timedelta()
    minutes = round(offset.total_seconds() / 60)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    shift = f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "UTC"
    return shift if where.key in ("UTC", "Etc/UTC") else f"{where.key}, {shift}"


def size(count: float) -> str:
    """Bytes for a person: `1.4 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1_000:
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.1f} {unit}"
        count /= 1_000
    return f"{count:.1f} TB"
