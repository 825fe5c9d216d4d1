"""/login, /setup and /logout: what stands open, and the way out."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dashboards.access import html
from dashboards.access.access import DEVICE_COOKIE, Access
from dashboards.access.account import Account
from dashboards.access.cookies import clear, remember
from dashboards.access.login import Attempt, LogIn, Outcome, log_in
from dashboards.access.passwords import LONGEST, SHORTEST
from dashboards.access.request import connection, fields, language, posted, session
from dashboards.words import Language
from dashboards.words.access import Access as Words
from edge.errors import BadName, BadSettings

STATIC = Path(__file__).with_name("static")
# Log-ins wait for argon2 here, not in the threads that serve everything else.
AT_ONCE, MOST_WAITING = 4, 64


class Pages:
    """The routes, for one site's accounts."""

    def __init__(self, access: Access, site: str) -> None:
        self._access = access
        self._account = Account(access, site)
        self._turns = CapacityLimiter(AT_ONCE)

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/login", self.login, methods=["GET", "POST"]),
            Route("/setup", self.setup, methods=["GET", "POST"]),
            Route("/logout", self.logout, methods=["GET", "POST"]),
            *self._account.routes,
            Mount("/access", StaticFiles(directory=STATIC)),
        ]

    async def login(self, request: Request) -> Response:
        """The form, and what becomes of it."""
        spoken = language(request)
        if request.method == "GET":
            wanted = local_path(request.query_params.get("next", "/"))
            if session(request) is not None:
                return RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
            if not self._access.has_users():
                return html.page(spoken, Words.LOG_IN.of(spoken), [_no_account(spoken)])
            return _form(spoken, wanted)
        told = await fields(request)
        wanted = local_path(told.get("next", "/"))
        if self._turns.statistics().tasks_waiting > MOST_WAITING:
            return _form(spoken, wanted, Words.BUSY.of(spoken), HTTPStatus.SERVICE_UNAVAILABLE)
        return await self._try(request, _attempt(request, told), wanted)

    async def _try(self, request: Request, attempt: Attempt, wanted: str) -> Response:
        found = await to_thread.run_sync(log_in, self._access, attempt, limiter=self._turns)
        return _answer(request, found, wanted, attempt.name)

    async def setup(self, request: Request) -> Response:
        """A one-time link: the first administrator's, or a password anew."""
        spoken = language(request)
        told = await fields(request) if request.method == "POST" else request.query_params
        token = told.get("token", "")
        found = self._access.links.find(token)
        if found is None:
            body = [html.text(Words.LINK_OVER.of(spoken), "wrong")]
            return html.page(spoken, Words.SET_PASSWORD.of(spoken), body, HTTPStatus.GONE)
        name = told.get("name", "").strip() if found.user is None else found.user
        wrong = ""
        if request.method == "POST":
            wrong = await to_thread.run_sync(
                self._set, request, spoken, token, name, dict(told), limiter=self._turns
            )
            if not wrong:  # in by the password just set, and by a code where one is wanted
                return await self._try(request, _attempt(request, {**told, "name": name}), "/")
        return _setup(spoken, token, name, first=found.user is None, wrong=wrong)

    def _set(
        self, request: Request, spoken: Language, token: str, name: str, told: dict[str, str]
    ) -> str:
        """What is wrong with what was asked for; "" once it is done."""
        password = told.get("password", "")
        if password != told.get("again", ""):
            return Words.UNLIKE.of(spoken)
        try:
            user = self._access.links.use(token, name, password)
        except BadName:
            return Words.BAD_NAME.of(spoken)
        except BadSettings:
            return Words.BAD_LENGTH.of(spoken, least=SHORTEST, most=LONGEST)
        if user is None:
            return Words.LINK_OVER.of(spoken)
        address = connection(request).address
        self._access.deeds.tell(user, "set password", f"{user} by link", address=address)
        return ""

    async def logout(self, request: Request) -> Response:
        """A button, for a page elsewhere must not press it; then the session's end."""
        spoken, found = language(request), session(request)
        if found is None:
            return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
        if request.method == "POST" and await posted(request, found):
            await to_thread.run_sync(self._end, request, found.user, found.id)
            answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
            clear(answer)
            return answer
        button = html.form("/logout", Words.LOG_OUT.of(spoken), html.hidden("csrf", found.csrf))
        return html.page(spoken, Words.LOG_OUT.of(spoken), [button])

    def _end(self, request: Request, user: str, id: str) -> None:  # noqa: A002
        self._access.sessions.end(id)
        self._access.deeds.tell(user, "log-out", user, address=connection(request).address)


def local_path(wanted: str) -> str:
    """Where to go on, on this host: a path, and neither `//elsewhere` nor a log-in again."""
    plain = wanted.isprintable() and "\\" not in wanted
    if not plain or not wanted.startswith("/") or wanted.startswith(("//", "/login", "/logout")):
        return "/"
    return wanted


def _attempt(request: Request, told: dict[str, str]) -> Attempt:
    asks = connection(request)
    return Attempt(
        name=told.get("name", "").strip().lower(),
        password=told.get("password", ""),
        code=told.get("code", "").strip(),
        half=told.get("half", ""),
        address=asks.address,
        device=asks.cookies.get(DEVICE_COOKIE, ""),
        agent=asks.headers.get("user-agent", ""),
    )


def _answer(request: Request, found: LogIn, wanted: str, name: str) -> Response:
    spoken = language(request)
    if found.outcome is Outcome.IN:
        answer: Response = RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
        remember(answer, found, https=connection(request).https)
        return answer
    if found.outcome is Outcome.LIMITED:
        minutes = Words.MINUTES.of(spoken, count=-(-found.wait_ms // 60_000))
        words = Words.LIMITED.of(spoken, wait=minutes)
        answer = _form(spoken, wanted, words, HTTPStatus.TOO_MANY_REQUESTS, name)
        answer.headers["Retry-After"] = str(-(-found.wait_ms // 1_000))
        return answer
    if found.outcome is Outcome.WRONG:
        return _form(spoken, wanted, Words.WRONG.of(spoken), HTTPStatus.UNAUTHORIZED, name)
    wrong = Words.WRONG_CODE.of(spoken) if found.outcome is Outcome.WRONG_CODE else ""
    return _code(spoken, wanted, found.half, wrong)


def _form(
    spoken: Language,
    wanted: str,
    wrong: str = "",
    status: HTTPStatus = HTTPStatus.OK,
    name: str = "",
) -> Response:
    who = html.field(
        "name", Words.NAME.of(spoken), filled=name, autocomplete="username", autocapitalize="none"
    )
    password = html.field(
        "password", Words.PASSWORD.of(spoken), kind="password", autocomplete="current-password"
    )
    shown = html.form("/login", Words.LOG_IN.of(spoken), html.hidden("next", wanted), who, password)
    title = Words.LOG_IN.of(spoken)
    return html.page(spoken, title, [html.text(wrong, "wrong"), shown], status)


def _code(spoken: Language, wanted: str, half: str, wrong: str) -> Response:
    code = html.field(
        "code", Words.CODE.of(spoken), autocomplete="one-time-code", autofocus="autofocus"
    )
    kept = (html.hidden("next", wanted), html.hidden("half", half))
    shown = html.form("/login", Words.GO_ON.of(spoken), *kept, code)
    parts = [html.text(wrong, "wrong"), html.text(Words.CODE_HELP.of(spoken)), shown]
    status = HTTPStatus.UNAUTHORIZED if wrong else HTTPStatus.OK
    return html.page(spoken, Words.LOG_IN.of(spoken), parts, status)


def _no_account(spoken: Language) -> str:
    return html.text(Words.NO_ACCOUNT.of(spoken)) + html.link("/", Words.OPEN.of(spoken))


def _setup(spoken: Language, token: str, name: str, *, first: bool, wrong: str) -> Response:
    title = (Words.FIRST if first else Words.SET_PASSWORD).of(spoken)
    who = html.field(
        "name", Words.NAME.of(spoken), filled=name, autocomplete="username", autocapitalize="none"
    )
    parts = [
        html.text(wrong, "wrong"),
        html.text(Words.NAME_HELP.of(spoken) if first else name),
        html.form(
            "/setup",
            Words.SET.of(spoken),
            html.hidden("token", token),
            who if first else "",
            *html.new_password(spoken),
        ),
    ]
    return html.page(spoken, title, parts, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK)
