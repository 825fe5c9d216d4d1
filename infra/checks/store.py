"""The store as this machine's key and as a browser see it."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from edge.clock import Clock, to_ms
from edge.errors import LivecamError, MissingPart, ObjectMissing, StoreRefused
from edge.home import Home
from flows.reach import is_loopback
from flows.settings import StoreSettings
from flows.store import FOOTAGE, LIVECAM
from flows.store.access import resolve
from flows.store.choose import open_store
from flows.store.folder import FolderStore
from flows.store.probe import probe
from infra.checks import Check, fail, ok, warn

NOT_THERE = "doctor/not-there"
TIMEOUT_S = 5
WARN_OFFSET_MS, FAIL_OFFSET_MS = 5_000, 900_000  # S3 itself refuses beyond 15 minutes
EXPOSED = ("content-range", "content-length")


def store(settings: StoreSettings, home: Home, clock: Clock, app: str) -> Iterator[Check]:
    """All about it; `app` is where browsers open the pages."""
    try:
        opened = open_store(settings, home)
        if isinstance(opened, FolderStore):
            opened.probe()
            yield ok("store", f"folder {opened.root}; conditional create holds")
            return
        access = resolve(settings, home)
        yield _reached(opened, access.endpoint)
        yield clock_offset(access.endpoint, clock)
        yield mixed(app, access.public_endpoint)
        yield cors(app, access.public_endpoint)
    except MissingPart as error:
        yield warn("store", error.message, error.hint)
    except LivecamError as error:
        yield fail("store", error.message, error.hint)


def _reached(opened: object, endpoint: str) -> Check:
    """Whether the key is known there, and what it may do; a node's can't be probed."""
    from flows.store.s3 import S3Store

    assert isinstance(opened, S3Store)
    try:
        opened.read(LIVECAM, NOT_THERE)
    except ObjectMissing:
        probe(opened)
        return ok("store", f"{endpoint}; conditional create holds")
    except StoreRefused as error:
        if not error.message.startswith("the store denies"):
            raise
        return ok("store", f"{endpoint}; this key reads nothing, as a node's should")
    return ok("store", endpoint)


def clock_offset(endpoint: str, clock: Clock) -> Check:
    """This clock against the store's: nodes' times are compared with arrival there (D1)."""
    began = clock.utc_ms()
    try:
        reply = httpx.get(endpoint, timeout=TIMEOUT_S)
    except httpx.TransportError:
        return warn("clock", f"{endpoint} does not answer: its clock is not known")
    date = reply.headers.get("date")
    if date is None:
        return warn("clock", f"{endpoint} does not tell its time")
    # A Date is whole seconds, rounded down: its middle is half a second on.
    offset = (began + clock.utc_ms()) // 2 - to_ms(parsedate_to_datetime(date)) - 500
    told = f"{offset / 1000:+.1f} s against the store's"
    way_out = "Set both machines' clocks by NTP: timedatectl set-ntp true"
    if abs(offset) >= FAIL_OFFSET_MS:
        return fail("clock", told, way_out)
    return warn("clock", told, way_out) if abs(offset) >= WARN_OFFSET_MS else ok("clock", told)


def mixed(app: str, public: str) -> Check:
    """A page by https may not load footage by http, except from the same machine."""
    page, footage = urlsplit(app), urlsplit(public)
    local = is_loopback(public)
    if page.scheme == "https" and footage.scheme == "http" and not local:
        told = f"browsers refuse footage from {public} on a page from {app}"
        return fail("mixed", told, "Serve the store by https and name it store.public_endpoint")
    if local and not is_loopback(app):
        told = f"browsers elsewhere look for footage on their own machine: {public}"
        return fail("mixed", told, "Name the store's address for them in store.public_endpoint")
    return ok("mixed", f"{app} may play footage from {public}")


def cors(app: str, public: str) -> Check:
    """Whether scripts of the page may read ranges of footage from the store."""
    page = urlsplit(app)
    origin = f"{page.scheme}://{page.netloc}"
    way_out = f"Let the store answer origin {origin} and expose Content-Range"
    try:
        asked = _preflight(public, origin)
        given = httpx.get(
            f"{public}/{FOOTAGE}/{NOT_THERE}",
            headers={"Origin": origin, "Range": "bytes=0-1"},
            timeout=TIMEOUT_S,
        )
    except httpx.TransportError:
        told = f"{public} does not answer from here: browsers may fare the same"
        return warn("cors", told, "Check store.public_endpoint")
    if not (_allows(asked, origin) and _allows(given, origin)):
        return fail("cors", f"{public} does not answer scripts from {origin}", way_out)
    exposed = given.headers.get("access-control-expose-headers", "").lower()
    hidden = [name for name in EXPOSED if name not in exposed and "*" not in exposed]
    if hidden:
        return warn("cors", f"{public} hides {', '.join(hidden)} from scripts", way_out)
    return ok("cors", f"{public} answers scripts from {origin}")


def _preflight(public: str, origin: str) -> httpx.Response:
    return httpx.options(
        f"{public}/{FOOTAGE}/{NOT_THERE}",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "range",
        },
        timeout=TIMEOUT_S,
    )


def _allows(reply: httpx.Response, origin: str) -> bool:
    return reply.headers.get("access-control-allow-origin") in ("*", origin)
