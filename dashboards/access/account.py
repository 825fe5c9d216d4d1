"""/account: one's password, second factor and sessions."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

import segno
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboards.access import html, limits
from dashboards.access.access import Access
from dashboards.access.agents import named
from dashboards.access.request import connection, fields, language, posted, session
from dashboards.access.sessions import Session
from dashboards.words import Language
from dashboards.words.access import Access as Words
from dashboards.words.common import Who
from edge.clock import to_iso
from edge.errors import BadSettings

BASE32 = re.compile("[A-Z2-7]{32}")
Act = Callable[[Request, Session, dict[str, str]], Response]


class Account:
    """The routes, for whoever is logged in by a session."""

    def __init__(self, access: Access, site: str) -> None:
        self._access, self._site = access, site

    @property
    def routes(self) -> list[BaseRoute]:
        acts = {
            "password": self._password,
            "second": self._begin,
            "second/end": self._end_second,
            "sessions/end": self._end_sessions,
        }
        return [
            Route("/account", self._asked(self._shown), methods=["GET"]),
            *(
                Route(f"/account/{path}", self._asked(act), methods=["POST"])
                for path, act in acts.items()
            ),
        ]

    def _asked(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        """A route: for a session only, and a form only with that session's token."""

        async def route(request: Request) -> Response:
            found = session(request)
            if found is None:
                return RedirectResponse("/login?next=/account", HTTPStatus.SEE_OTHER)
            told: dict[str, str] = {}
            if request.method == "POST":
                if not await posted(request, found):
                    return self._page(request, found, wrong=Words.FORGED)
                told = await fields(request)
            return await to_thread.run_sync(partial(act, request, found, told))

        return route

    def _shown(self, request: Request, found: Session, _: dict[str, str]) -> Response:
        return self._page(request, found)

    def _password(self, request: Request, found: Session, told: dict[str, str]) -> Response:
        if not self._right(request, found, told):
            return self._page(request, found, wrong=Words.WRONG)
        if told.get("password", "") != told.get("again"):
            return self._page(request, found, wrong=Words.UNLIKE)
        try:
            self._access.set_password(found.user, told.get("password", ""), but=found.id)
        except BadSettings:
            return self._page(request, found, wrong=Words.BAD_LENGTH)
        self._tell(request, found, "change password")
        return self._page(request, found, good=Words.CHANGED)

    def _begin(self, request: Request, found: Session, told: dict[str, str]) -> Response:
        """Turn codes on, once one of them was given."""
        spoken = language(request)
        secret, code = told.get("secret", ""), told.get("code", "").strip()
        if not self._right(request, found, told):
            return self._page(request, found, wrong=Words.WRONG)
        if not BASE32.fullmatch(secret) or self._access.second.wanted(found.user):
            return self._page(request, found, wrong=Words.FORGED)
        codes = self._access.second.begin(found.user, secret, code)
        if codes is None:
            return self._page(request, found, wrong=Words.WRONG_CODE)
        self._tell(request, found, "begin second factor")
        parts = [
            html.text(Words.RECOVERY.of(spoken), "good"),
            html.listing(codes, kind="codes"),
            html.link("/account", Words.GO_ON.of(spoken)),
        ]
        return html.page(spoken, Words.SECOND.of(spoken), parts)

    def _end_second(self, request: Request, found: Session, told: dict[str, str]) -> Response:
        if not self._right(request, found, told):
            return self._page(request, found, wrong=Words.WRONG)
        self._access.second.end(found.user)
        self._tell(request, found, "end second factor")
        return self._page(request, found, good=Words.ENDED)

    def _end_sessions(self, request: Request, found: Session, _: dict[str, str]) -> Response:
        self._access.sessions.end_all(found.user)
        self._tell(request, found, "log out everywhere")
        return RedirectResponse("/login", HTTPStatus.SEE_OTHER)

    def _right(self, request: Request, found: Session, told: dict[str, str]) -> bool:
        """Whether the present password was given, too; guesses are limited as at the log-in."""
        bucket = limits.of_device(f"account {found.user}")
        right = not self._access.limits.take(bucket) and self._access.passwords.match(
            self._access.password_of(found.user), told.get("now", "")
        )
        if not right:
            address = connection(request).address
            self._access.deeds.count(found.user, "give password", found.user, address=address)
        return right

    def _tell(self, request: Request, found: Session, action: str) -> None:
        self._access.deeds.tell(found.user, action, found.user, address=connection(request).address)

    def _page(
        self,
        request: Request,
        found: Session,
        *,
        good: Words | None = None,
        wrong: Words | None = None,
    ) -> Response:
        spoken, user = language(request), self._access.users.get(found.user)
        csrf = html.hidden("csrf", found.csrf)
        parts = [
            html.text(good.of(spoken), "good") if good else "",
            html.text(html.told(wrong, spoken), "wrong") if wrong else "",
            html.text(Words.ROLE.of(spoken, name=user.name, role=Who[user.role.name].of(spoken))),
            html.link("/", Words.OPEN.of(spoken)),
            html.heading(Words.CHANGE_PASSWORD.of(spoken)),
            html.form(
                "/account/password",
                Words.CHANGE.of(spoken),
                csrf,
                html.present(spoken),
                *html.new_password(spoken),
                kind="quiet",
            ),
            html.heading(Words.SECOND.of(spoken)),
            *self._second(spoken, user.name, csrf, on=user.second_factor),
            html.heading(Words.SESSIONS.of(spoken)),
            html.listing(_told(one, found, spoken) for one in self._access.sessions.of(user.name)),
            html.form("/account/sessions/end", Words.LOG_OUT_ALL.of(spoken), csrf, kind="quiet"),
            html.form("/logout", Words.LOG_OUT.of(spoken), csrf),
        ]
        status = HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK
        return html.page(spoken, Words.ACCOUNT.of(spoken), parts, status)

    def _second(self, spoken: Language, user: str, csrf: str, *, on: bool) -> list[str]:
        if on:
            end = Words.END.of(spoken)
            return [
                html.text(Words.SECOND_ON.of(spoken)),
                html.form("/account/second/end", end, csrf, html.present(spoken), kind="quiet"),
            ]
        secret = self._access.second.proposed()
        code = html.field(
            "code", Words.CODE.of(spoken), inputmode="numeric", autocomplete="one-time-code"
        )
        kept = (csrf, html.hidden("secret", secret))
        begin = Words.BEGIN.of(spoken)
        return [
            html.text(Words.SECOND_OFF.of(spoken)),
            _picture(self._access.second.address(user, secret, self._site)),
            html.text(" ".join(secret[n : n + 4] for n in range(0, len(secret), 4))),
            html.form("/account/second", begin, *kept, html.present(spoken), code, kind="quiet"),
        ]


def _picture(address: str) -> str:
    """A QR code that is part of the page."""
    drawn = io.BytesIO()
    segno.make(address).save(drawn, kind="svg", scale=5, border=4)
    data = base64.b64encode(drawn.getvalue()).decode()
    return f'<img class="code" alt="QR" src="data:image/svg+xml;base64,{data}">'


def _told(one: Session, this: Session, spoken: Language) -> str:
    here = f" · {Words.THIS.of(spoken)}" if one.id == this.id else ""
    since = to_iso(one.made_ms)[:16].replace("T", " ")
    return f"{since} UTC · {one.address} · {named(one.agent)}{here}"
