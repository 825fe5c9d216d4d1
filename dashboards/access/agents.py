"""Browsers by the names that people know them by."""

from __future__ import annotations

# In this order: most call themselves what comes after them, too.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def named(agent: str) -> str:
    """`Firefox, Windows`; what it says of itself where that is not known."""
    found = [
        next((name for sign, name in of.items() if sign in agent), "")
        for of in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or agent
