"""Pages as Streamlit runs them, without a browser: in either language, and all their words."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

LOCALES = ("en-GB", "ko-KR")


def _run(name: str) -> None:
    from importlib import import_module
    from inspect import signature

    page = getattr(import_module(f"dashboards.screens.{name}"), name)
    page(*([None] if signature(page).parameters else []))


def shown(name: str, locale: str = "en-GB", zone: str = "UTC", **query: str) -> AppTest:
    """The page of that name; links to other pages lead nowhere."""
    app = AppTest.from_function(_run, default_timeout=60, args=(name,))
    app.context = {"locale": locale, "timezone": zone}
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    """All the words of a page."""
    assert not app.exception
    kinds = (app.subheader, app.markdown, app.caption, app.error, app.info, app.warning)
    return "\n".join(element.value for kind in kinds for element in kind)
