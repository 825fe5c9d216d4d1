"""Small pages of plain HTML: no script, one style sheet, fit for a phone, dark and light."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from http import HTTPStatus

from starlette.responses import HTMLResponse

from dashboards.access.passwords import LONGEST, SHORTEST
from dashboards.words import Language
from dashboards.words.access import Access as Words

PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · Livecam</title>
<link rel="stylesheet" href="/access/access.css">
<link rel="icon" href="/access/icon.svg">
</head>
<body>
<main>
<h1><img src="/access/icon.svg" alt="" width="36" height="36"> {title}</h1>
{body}
</main>
</body>
</html>
"""


def page(
    language: Language, title: str, parts: Iterable[str], status: HTTPStatus = HTTPStatus.OK
) -> HTMLResponse:
    """A whole page of parts that are HTML already."""
    body = "\n".join(part for part in parts if part)
    return HTMLResponse(PAGE.format(language=language, title=escape(title), body=body), status)


def text(words: str, kind: str = "") -> str:
    """A paragraph; `kind` is `wrong` or `good`. Nothing for no words."""
    if not words:
        return ""
    role = ' role="alert"' if kind == "wrong" else ' role="status"' if kind else ""
    return f'<p class="{kind}"{role}>{escape(words)}</p>'


def heading(words: str) -> str:
    """The title of a part of a page."""
    return f"<h2>{escape(words)}</h2>"


def form(action: str, button: str, *fields: str, kind: str = "") -> str:
    """A form that posts its fields."""
    inner = "\n".join(fields)
    end = f'<button class="{kind}">{escape(button)}</button>'
    return f'<form method="post" action="{escape(action)}">\n{inner}\n{end}\n</form>'


def field(name: str, label: str, *, kind: str = "text", filled: str = "", **more: str) -> str:
    """A labelled field that must be filled; `more` are attributes, `_` standing for `-`."""
    others = "".join(f' {n.replace("_", "-")}="{escape(v)}"' for n, v in more.items())
    return (
        f'<label>{escape(label)}<input name="{name}" type="{kind}" value="{escape(filled)}"'
        f" required{others}></label>"
    )


def hidden(name: str, value: str) -> str:
    """A field that nobody sees."""
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def listing(items: Iterable[str], kind: str = "") -> str:
    """A list of texts."""
    return f'<ul class="{kind}">' + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def link(address: str, words: str) -> str:
    """A way on."""
    return f'<p><a href="{escape(address)}">{escape(words)}</a></p>'


def present(spoken: Language) -> str:
    """The field for the password as it is."""
    return field("now", Words.NOW.of(spoken), kind="password", autocomplete="current-password")


def new_password(spoken: Language) -> tuple[str, str, str]:
    """Two fields for a password that is to be, and how long it must be."""
    more = {"kind": "password", "autocomplete": "new-password", "minlength": str(SHORTEST)}
    return (
        text(Words.LENGTH.of(spoken, count=SHORTEST)),
        field("password", Words.NEW_PASSWORD.of(spoken), **more),
        field("again", Words.AGAIN.of(spoken), **more),
    )


def told(wrong: Words, spoken: Language) -> str:
    """What went wrong, in words."""
    return wrong.of(spoken, least=SHORTEST, most=LONGEST)
