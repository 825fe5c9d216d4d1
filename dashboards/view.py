"""What every page needs: the site, the visitor's zone and days, and rows read at most so often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl
import streamlit as st

from dashboards import state
from dashboards.access.access import access_of
from dashboards.access.visitor import LOCAL, Role, Visitor
from dashboards.last import Last
from dashboards.words import errors, times
from dashboards.words.access import Access as AccessWords
from dashboards.words.common import Trouble
from edge.clock import from_iso, to_iso, to_ms
from edge.errors import LivecamError, Retryable
from edge.home import Home
from flows.catalogue import read
from flows.catalogue.stand_ins import StandIn
from flows.catalogue.stand_ins import stand_ins as found_stand_ins
from flows.site import Following, Site
from flows.store import LIVECAM

P = ParamSpec("P")
T = TypeVar("T")

# Pages run again at every click: rows this old are as good as new ones.
FRESH = dt.timedelta(seconds=5)
YEAR_MS = 366 * 86_400_000


@st.cache_resource(show_spinner=False)
def following() -> Following:
    """The site as the configuration says at each moment, whoever looks."""
    return Following.open()


def visitor() -> Visitor:
    """Whoever looks at the page, asked at each run: a session that has ended stops it here."""
    access = access_of(Home.from_environment())
    with told():
        found = access.visitor_of(st.context.cookies.to_dict(), None)
        if found is None and not access.has_users():
            found = LOCAL
    if found is None:
        st.warning(AccessWords.SIGNED_OUT(), icon=":material/logout:")
        st.html(f'<a href="/login" target="_self">{AccessWords.LOG_IN()}</a>')
        st.stop()
    return found


def site() -> Site:
    """The site of the configuration in force, with the visitor's cameras only."""
    return replace(following().now, only=visitor().cameras)


@st.cache_data(ttl=FRESH, show_spinner=False)
def trouble() -> LivecamError | None:
    """Why the store can't be used now; None when it answers."""
    return state.store_error(site())


def may(role: Role) -> bool:
    """Whether whoever looks may change what wants that role, and it can be changed now."""
    return visitor().role.may(role) and trouble() is None


@st.cache_resource(show_spinner=False)
def _last() -> Last:
    return Last()


class NotRead(Retryable):
    """The store is down, which stands above the page, and nothing is known from before."""


def fresh(look: Callable[P, T]) -> Callable[P, T]:
    """Read for all who may see the same cameras, and again once that is FRESH old.

    While the store is down, what was read last answers; raises NotRead where nothing was.
    """
    name = f"{look.__module__}.{look.__qualname__}"

    @wraps(look)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        only = site().only
        seen = None if only is None else sorted(only)
        question = repr((name, seen, args, sorted(kwargs.items())))
        found: T
        try:
            if trouble() is not None:
                found = _last().of(question, NotRead("was not read before the store went away"))
                return found
            found = _kept(name, seen, args, kwargs, _look=look)
        except LivecamError as error:
            found = _last().of(question, error)
            return found
        _last().keep(question, found)
        return found

    return asked


@st.cache_data(ttl=FRESH, show_spinner=False)
def _kept(
    name: str,  # noqa: ARG001  these two are what an answer is kept by
    only: list[str] | None,  # noqa: ARG001
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    _look: Callable[..., Any],
) -> Any:
    return _look(*args, **kwargs)


@contextmanager
def told(*, stop: bool = True) -> Iterator[None]:
    """Say in a sentence what failed, and stop the page there, or go on behind it."""
    try:
        yield
    except NotRead:
        st.info(Trouble.NOT_READ(), icon=":material/cloud_off:")
        if stop:
            st.stop()
    except LivecamError as error:
        again = f" {Trouble.AGAIN()}" if isinstance(error, Retryable) else ""
        st.error(errors.said(error) + again, icon=":material/cloud_off:" if again else None)
        if stop:
            st.stop()


def zone() -> ZoneInfo:
    """The browser's zone; UTC where it names none that is known here."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def day_bounds(day: dt.date, where: ZoneInfo) -> tuple[int, int]:
    """The local day as `[start_ms, end_ms)`: 23 to 25 hours long."""
    first = dt.datetime.combine(day, dt.time(), where)
    after = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), where)
    return to_ms(first), to_ms(after)


def local(ms: int, where: ZoneInfo) -> dt.datetime:
    """A moment as the visitor's clock shows it."""
    return times.local(ms, where)


def now_ms() -> int:
    return site().clock.utc_ms()


def query_time(name: str) -> int | None:
    """A time of the address bar; None where it names none, or nonsense."""
    try:
        at_ms = from_iso(st.query_params[name])
    except (KeyError, ValueError, OverflowError):
        return None
    # Nothing was recorded before 1970, or will be next year; its local day must exist too.
    return at_ms if YEAR_MS < at_ms < now_ms() + YEAR_MS else None


@fresh
def cameras() -> list[str]:
    """Cameras that stored something, and those that the configuration names."""
    stored = read.cameras(site())
    if not stored:  # an empty catalogue and one whose disk is not mounted look alike
        site().store.folders(LIVECAM, "catalogue/")
    return sorted({*stored, *site().cameras})


@fresh
def events(
    camera: str | None, start_ms: int, end_ms: int, label: str | None, confidence: float
) -> pl.DataFrame:
    """Events, newest first."""
    found = read.events(site(), camera, start_ms, end_ms, label=label, confidence=confidence)
    return found.reverse()


@fresh
def stand_ins(camera: str | None, start_ms: int, end_ms: int) -> list[StandIn]:
    """When something else was recorded than the camera, which could not be opened."""
    return found_stand_ins(site(), camera, start_ms, end_ms)


@fresh
def newest() -> pl.DataFrame:
    """The newest segment of each camera."""
    return read.latest(site())


def plain(text: str) -> str:
    """What somebody typed, for markdown: no link, picture or markup of theirs."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()<>#+-.!|~:$" else sign for sign in text)


def forget() -> None:
    """Read anew what was changed just now."""
    _kept.clear()


def address() -> str:
    """Where whoever looks comes from, "" where that is not known."""
    told = st.context.ip_address
    return told if isinstance(told, str) else ""


def address_time(ms: int) -> str:
    """A moment as the address bar holds it, to the second."""
    return to_iso(ms // 1_000 * 1_000).replace(".000Z", "Z")


def newest_ms(camera: str | None = None) -> int | None:
    """When the newest footage begins, of one camera or of all."""
    rows = newest() if camera is None else newest().filter(pl.col("camera") == camera)
    found = rows["start_utc"].max()
    return to_ms(found) if isinstance(found, dt.datetime) else None


def size(count: float) -> str:
    """Bytes for a person: `1.4 GB`."""
    return times.size(count)


def span(ms: float) -> str:
    """A length of time for a person: `3 min`, `2 h 5 min`."""
    return times.span(ms)


@fresh
def _event_ends() -> pl.DataFrame:
    """The newest event of each camera and label."""
    return read.newest_events(site())


def labels() -> list[str]:
    """Everything that was ever seen."""
    return sorted(_event_ends()["label"].unique())


def latest_event_ms(camera: str | None) -> int | None:
    """When the newest event began, on one camera or any."""
    rows = _event_ends()
    found = (rows if camera is None else rows.filter(pl.col("camera") == camera))["start_utc"].max()
    return to_ms(found) if isinstance(found, dt.datetime) else None
