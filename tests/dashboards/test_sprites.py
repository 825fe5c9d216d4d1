"""Sprite sheets: made when first looked at, kept by segment, dark where there is nothing."""

from __future__ import annotations

import httpx
import pytest

from edge.clock import from_iso, to_iso
from flows.catalogue.derived import sprites_key
from flows.media.sprites import DARK, SECONDS, Sheet
from flows.site import Site
from flows.store import FOOTAGE, LIVECAM
from tests.dashboards import footage

T0 = from_iso("2026-11-01T10:00:00Z")
MINUTE = "/v1/sprites/gate.jpg"
INDEX = "/v1/sprites/gate.vtt"


def sheet_of(client: httpx.Client, at_ms: int = T0) -> Sheet:
    answer = client.get(MINUTE, params={"at": to_iso(at_ms)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    found = Sheet.of(answer.content)
    assert found is not None
    return found


def frame_of(sheet: Sheet, second: int) -> int | None:
    """The number of the picture in a tile, of 80: told by where its bar stands. None: dark."""
    columns = sheet.tile(second)[50:85].mean(axis=(0, 2))
    if columns.max() < DARK + 20:
        return None
    return int((columns > 165).argmax()) // 2


def frames_of(sheet: Sheet) -> list[int | None]:
    return [frame_of(sheet, second) for second in range(SECONDS)]


def near(found: int | None, wanted: int) -> bool:
    return found is not None and abs(found - wanted) <= 1


def test_each_second_shows_its_keyframe_and_gaps_are_dark(site: Site, client: httpx.Client) -> None:
    footage.store(site, "gate", T0 + 2_000, 4)
    footage.store(site, "gate", T0 + 10_000, 3, gop=20)  # a keyframe every two seconds
    shown = frames_of(sheet_of(client, T0 + 31_000))  # any moment of the minute
    assert [second for second, one in enumerate(shown) if one is not None] == [
        *range(2, 6),
        *range(10, 13),
    ]
    # The bar is at a tile's edge where it begins, and moves a quarter of it in two seconds.
    assert all(near(shown[2 + n], 10 * n) for n in range(4))
    assert [near(shown[10 + n], wanted) for n, wanted in enumerate((0, 0, 20))] == [True] * 3


def test_a_sheet_is_put_together_from_what_was_kept(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 3)
    first = sheet_of(client)
    kept = site.store.read(LIVECAM, sprites_key(made.id, 0))
    site.store.delete(FOOTAGE, [(made.key, "")])  # no second look at it
    assert frames_of(sheet_of(client)) == frames_of(first)
    later = footage.store(site, "gate", T0 + 3_000, 2)
    assert frame_of(sheet_of(client), 3) is not None
    assert site.store.read(LIVECAM, sprites_key(made.id, 0)) == kept
    site.store.head(LIVECAM, sprites_key(later.id, 0))


def test_a_long_segment_is_read_a_minute_at_a_time(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0 + 50_000, 75)
    assert [n for n, one in enumerate(frames_of(sheet_of(client))) if one is not None] == [
        *range(50, 60)
    ]
    assert site.store.folders(LIVECAM, "sprites/") == ["gate"]
    with pytest.raises(Exception, match="no such object"):
        site.store.head(LIVECAM, sprites_key(made.id, 1))
    assert None not in frames_of(sheet_of(client, T0 + 60_000))
    site.store.head(LIVECAM, sprites_key(made.id, 1))


def test_damaged_and_lost_footage_is_dark_and_the_rest_is_shown(
    site: Site, client: httpx.Client
) -> None:
    sound = footage.store(site, "gate", T0, 2)
    lost = footage.store(site, "gate", T0 + 2_000, 2)
    broken = footage.store(site, "gate", T0 + 4_000, 2)
    site.store.delete(FOOTAGE, [(lost.key, ""), (broken.key, "")])
    site.store.create(FOOTAGE, broken.key, bytes(broken.size_bytes))
    shown = frames_of(sheet_of(client))
    assert [one is not None for one in shown[:7]] == [True] * 2 + [False] * 5
    site.store.head(LIVECAM, sprites_key(sound.id, 0))


def test_a_kept_sheet_that_was_damaged_is_made_again(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 2)
    site.store.create(LIVECAM, sprites_key(made.id, 0), b"not a picture")
    assert frame_of(sheet_of(client), 1) is not None
    assert Sheet.of(site.store.read(LIVECAM, sprites_key(made.id, 0))) is not None


def test_a_browser_asks_again_only_for_what_changed(site: Site, client: httpx.Client) -> None:
    footage.store(site, "gate", T0, 1)
    query = {"at": to_iso(T0)}
    tag = client.get(MINUTE, params=query).headers["etag"]
    same = client.get(MINUTE, params=query, headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    footage.store(site, "gate", T0 + 1_000, 1)
    answer = client.get(MINUTE, params=query, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["etag"] != tag) == (200, True)


def test_the_index_names_the_tile_of_each_second_of_footage(
    site: Site, client: httpx.Client
) -> None:
    footage.store(site, "gate", T0 + 58_000, 3)
    query = {"start": to_iso(T0 + 30_000), "end": to_iso(T0 + 120_000)}
    answer = client.get(INDEX, params=query)
    assert answer.headers["content-type"].startswith("text/vtt")
    assert answer.text.split("\n\n") == [
        "WEBVTT",
        "00:00:28.000 --> 00:00:29.000\ngate.jpg?at=2026-11-01T10:00:00.000Z#xywh=1280,450,160,90",
        "00:00:29.000 --> 00:00:30.000\ngate.jpg?at=2026-11-01T10:00:00.000Z#xywh=1440,450,160,90",
        "00:00:30.000 --> 00:00:31.000\ngate.jpg?at=2026-11-01T10:01:00.000Z#xywh=0,0,160,90\n",
    ]


def test_what_cannot_be_meant_is_the_caller_s_problem(site: Site, client: httpx.Client) -> None:
    footage.store(site, "gate", T0, 1)
    week = {"start": to_iso(T0), "end": to_iso(T0 + 7 * 86_400_000)}
    assert client.get(INDEX, params=week).status_code == 400
    assert client.get(MINUTE, params={"at": "yesterday"}).status_code == 400
    assert client.get("/v1/sprites/..x.jpg", params={"at": to_iso(T0)}).status_code == 400
    assert client.get(MINUTE, params={"at": to_iso(T0 + 60_000)}).status_code == 404
