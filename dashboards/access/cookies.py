"""The three cookies: the session's token, what changing requests repeat, the known browser."""

from __future__ import annotations

from starlette.responses import Response

from dashboards.access.access import CSRF_COOKIE, DEVICE_COOKIE, SESSION_COOKIE
from dashboards.access.login import LogIn
from dashboards.access.sessions import KNOWN_MS
from dashboards.access.signers import DAY_MS


def remember(answer: Response, found: LogIn, *, https: bool) -> None:
    """Let the browser keep a log-in.

    Lax, not strict: a moment that somebody shared by mail opens as it is for whoever is logged in.
    """
    assert found.session is not None
    day_s = DAY_MS // 1_000
    answer.set_cookie(
        SESSION_COOKIE, found.token, max_age=day_s, httponly=True, samesite="lax", secure=https
    )
    answer.set_cookie(
        CSRF_COOKIE, found.session.csrf, max_age=day_s, samesite="strict", secure=https
    )
    answer.set_cookie(
        DEVICE_COOKIE,
        found.device,
        max_age=KNOWN_MS // 1_000,
        httponly=True,
        samesite="strict",
        secure=https,
    )


def clear(answer: Response) -> None:
    """Let it forget the session; the browser stays known."""
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
    answer.delete_cookie(CSRF_COOKIE, samesite="strict")
