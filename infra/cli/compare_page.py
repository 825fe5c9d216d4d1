"""The page of `livecam models compare`: one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from edge.clock import to_iso, to_ms
from edge.errors import BadSettings
from flows.catalogue.preferred import Model
from flows.site import Site
from flows.stages.compare import Compared, picture

# A page of thousands would open in no browser; the surest are the most telling.
MOST = 100
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem;
       padding: 0 1rem; color: #1c2430; background: #fff }
h1 { font-size: 1.5rem } h2 { margin-top: 2.5rem; border-top: 1px solid #d8dee6; padding-top: 1rem }
h3 { font-size: 1rem; margin-bottom: .5rem } .none { color: #67727f }
.events { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)) }
figure { margin: 0; border: 1px solid #d8dee6; border-radius: .4rem; overflow: hidden }
img, .gone { display: block; width: 100%; height: 10rem; object-fit: contain; background: #eef1f5 }
.gone { line-height: 10rem; text-align: center; color: #67727f }
figcaption { padding: .5rem .7rem; font-size: .85rem }
@media (prefers-color-scheme: dark) { body { color: #dfe5ec; background: #14181d }
  figure, h2 { border-color: #333c47 } img, .gone { background: #1f252c } }
"""


def write(site: Site, path: Path, models: tuple[Model, Model], found: Sequence[Compared]) -> None:
    """Raises BadSettings where the file cannot be written."""
    text = "".join(_page(site, models, found))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadSettings(f"the page cannot be written: {error.strerror}", path=path) from None


def _page(site: Site, models: tuple[Model, Model], found: Sequence[Compared]) -> Iterator[str]:
    a, b = (escape(model.name) for model in models)
    yield '<!doctype html><html lang="en"><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{a} and {b}</title><style>{STYLE}</style><h1>{a} and {b}</h1>"
    digests = " and ".join(f"{escape(one.name)} {one.digest[:12]}" for one in models)
    yield f'<p class="none">{digests}; in footage that both looked at. Times are UTC.</p>'
    if not found:
        yield "<p>There is no footage that both have looked at.</p>"
    for one in found:
        hours = one.footage_ms / 3_600_000
        yield f"<h2>{escape(one.camera)}</h2><p>{hours:.1f} h seen by both: {one.both} events both,"
        yield f" {len(one.only_a)} only {a}, {len(one.only_b)} only {b}.</p>"
        for name, events in ((a, one.only_a), (b, one.only_b)):
            yield from _side(site, name, events)
    yield "</html>\n"


def _side(site: Site, name: str, events: list[dict[str, Any]]) -> Iterator[str]:
    if not events:
        return
    surest = sorted(events, key=lambda one: -one["score"])[:MOST]
    more = f" (the surest {MOST} of {len(events)})" if len(events) > MOST else ""
    yield f'<h3>Only {name}{more}</h3><div class="events">'
    for event in sorted(surest, key=lambda one: one["start_utc"]):
        yield _figure(event, picture(site, event))
    yield "</div>"


def _figure(event: dict[str, Any], jpeg: bytes | None) -> str:
    start = to_iso(to_ms(event["start_utc"]))
    lasted = (event["end_utc"] - event["start_utc"]).total_seconds()
    shown = '<div class="gone">no footage</div>'
    if jpeg is not None:
        data = base64.b64encode(jpeg).decode()
        shown = f'<img src="data:image/jpeg;base64,{data}" alt="{escape(event["label"])}">'
    text = f"{escape(event['label'])}, {event['score']:.2f}, {lasted:.0f} s<br>{start}"
    return f"<figure>{shown}<figcaption>{text}</figcaption></figure>"
