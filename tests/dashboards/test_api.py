from __future__ import annotations

import shutil
from hashlib import sha256
from typing import Any

import httpx
import pytest

from edge.clock import from_iso, to_iso
from edge.segment import Cause, Gap
from flows.catalogue.derived import Made, made_of
from flows.catalogue.findings import thumbnail_key
from flows.catalogue.read import EVENT_COLUMNS, SEGMENT_COLUMNS
from flows.site import Site
from flows.store import FOOTAGE, LIVECAM
from tests.dashboards import footage

T0 = from_iso("2026-11-01T10:00:00Z")
HOUR = {"start": to_iso(T0), "end": to_iso(T0 + 3_600_000)}


def get(client: httpx.Client, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_segments_are_told_as_search_tells_them(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 2)
    [row] = get(client, "/v1/segments")["segments"]
    assert tuple(row) == SEGMENT_COLUMNS
    assert (row["id"], row["sha256"], row["status"]) == (made.id, made.sha256, "stored")
    assert row["start_utc"] == to_iso(T0)


def test_pages_follow_one_another_without_loss_or_repeat(site: Site, client: httpx.Client) -> None:
    made = [footage.store(site, "gate", T0 + n * 1_000, 1) for n in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = get(client, "/v1/segments", **query)
        seen += [row["id"] for row in page["segments"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [segment.id for segment in made]


def test_events_are_filtered(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 2)
    footage.event(site, made, T0, T0 + 1_000, score=0.6)
    footage.event(site, made, T0 + 1_000, T0 + 2_000, score=0.9)
    told = get(client, "/v1/events", label="person", confidence=0.8, camera="gate")["events"]
    assert [row["start_utc"] for row in told] == [to_iso(T0 + 1_000)]
    assert tuple(told[0]) == (*EVENT_COLUMNS, "zones", "fallback")
    assert get(client, "/v1/events", label="car")["events"] == []
    early = get(client, "/v1/events", **{"from": to_iso(T0), "to": to_iso(T0 + 500)})["events"]
    assert len(early) == 1


def test_gaps_tell_their_cause(site: Site, client: httpx.Client) -> None:
    gap = Gap(
        camera="gate",
        node="local",
        start_ms=T0,
        end_ms=T0 + 60_000,
        cause=Cause.CAMERA_UNREACHABLE,
    )
    footage.gap(site, gap)
    [told] = get(client, "/v1/gaps", camera="gate", **HOUR)["gaps"]
    assert told["cause"] == "camera_unreachable"
    assert get(client, "/v1/timelines/gate", **HOUR)["gaps"] == [
        {"start_ms": T0, "end_ms": T0 + 60_000, "cause": "camera_unreachable", "missing_ms": 60_000}
    ]


def test_a_timeline_parts_footage_where_its_tracks_change(site: Site, client: httpx.Client) -> None:
    for n, sound in enumerate([False, False, True]):
        footage.store(site, "gate", T0 + n * 2_000, 2, sound=sound)
    told = get(client, "/v1/timelines/gate", **HOUR)
    assert [(run["start_ms"], run["end_ms"]) for run in told["runs"]] == [
        (T0, T0 + 4_000),
        (T0 + 4_000, T0 + 6_000),
    ]
    assert told["runs"][1]["mime"].endswith("mp4a.40.2")
    assert told["recorded"] == [[T0, T0 + 6_000]]


def test_a_playlist_s_ranges_are_the_segment_s_bytes(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 9)
    answer = client.get("/v1/playlists/gate.m3u8", params=HOUR)
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    lines = answer.text.splitlines()
    init = next(line for line in lines if line.startswith("#EXT-X-MAP"))
    told = [line.split(":")[1] for line in lines if line.startswith("#EXT-X-BYTERANGE")]
    told.insert(0, init.split('BYTERANGE="')[1].rstrip('"'))
    data = b""
    for size, offset in (map(int, text.split("@")) for text in told):
        wanted = {"Range": f"bytes={offset}-{offset + size - 1}"}
        part = client.get(f"/v1/segments/{made.id}/media", headers=wanted)
        assert part.status_code == 206
        assert (
            part.headers["content-range"] == f"bytes {offset}-{offset + size - 1}/{made.size_bytes}"
        )
        assert len(part.content) == size
        data += part.content
    # The index of keyframes at the file's end is nobody's range.
    whole = site.store.read(FOOTAGE, made.key)
    assert whole.startswith(data)
    assert lines.count("#EXT-X-DISCONTINUITY") == 1


def test_a_playlist_of_one_kind_leaves_the_others_out(site: Site, client: httpx.Client) -> None:
    quiet = footage.store(site, "gate", T0, 2)
    loud = footage.store(site, "gate", T0 + 2_000, 2, sound=True)
    query = HOUR | {"mime": loud.mime_codecs}
    told = client.get("/v1/playlists/gate.m3u8", params=query).text
    assert loud.id in told
    assert quiet.id not in told


def test_a_stretch_that_is_not_over_has_no_end(site: Site, client: httpx.Client) -> None:
    now_ms = site.clock.utc_ms()
    query = {"start": to_iso(now_ms - 60_000), "end": to_iso(now_ms + 3_600_000)}
    assert "ENDLIST" not in client.get("/v1/playlists/gate.m3u8", params=query).text
    assert "ENDLIST" in client.get("/v1/playlists/gate.m3u8", params=HOUR).text


@pytest.mark.parametrize(
    ("wanted", "status", "first", "last"),
    [
        (None, 200, 0, -1),
        ("bytes=0-", 206, 0, -1),
        ("bytes=5-9", 206, 5, 9),
        ("bytes=-7", 206, -7, -1),
        ("bytes=5-999999999", 206, 5, -1),
        ("chapters=1-2", 200, 0, -1),
        ("bytes=-", 200, 0, -1),
    ],
)
def test_ranges_are_served_as_http_says(
    site: Site, client: httpx.Client, wanted: str | None, status: int, first: int, last: int
) -> None:
    made = footage.store(site, "gate", T0, 1)
    whole = site.store.read(FOOTAGE, made.key)
    headers = {"Range": wanted} if wanted else {}
    answer = client.get(f"/v1/segments/{made.id}/media", headers=headers)
    end = last % len(whole) + 1
    assert answer.status_code == status
    assert answer.content == whole[first % len(whole) : end]


def test_a_range_behind_the_end_is_416(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 1)
    wanted = {"Range": f"bytes={made.size_bytes}-"}
    answer = client.get(f"/v1/segments/{made.id}/media", headers=wanted)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{made.size_bytes}"


def test_a_segment_is_downloaded_under_its_own_name(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 1)
    answer = client.get(f"/v1/segments/{made.id}/file")
    assert answer.headers["content-disposition"] == f'attachment; filename="{made.id}.mp4"'
    assert sha256(answer.content).hexdigest() == made.sha256


def test_an_event_s_picture_is_of_its_best_moment(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 6)
    event = footage.event(site, made, T0 + 4_500, T0 + 5_000)
    answer = client.get(f"/v1/events/{event}/thumbnail.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    mark = footage.mark_of(answer.content)
    assert mark is not None
    assert abs(mark.utc_ms - (T0 + 4_500)) <= 1_000 // footage.FPS


def test_an_event_s_crop_is_kept_with_its_segment(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 2)
    event = footage.event(site, made, T0 + 1_000, T0 + 2_000)
    assert client.get("/v1/events/gate_person_5/crop.jpg").status_code == 404
    crop = client.get(f"/v1/events/{event}/crop.jpg")
    assert crop.headers["content-type"] == "image/jpeg"
    whole = client.get(f"/v1/events/{event}/thumbnail.jpg")
    assert len(crop.content) < len(whole.content)
    [kept] = site.store.list(LIVECAM, "crops/")
    assert made_of(kept.key) == made.id
    assert site.store.read(LIVECAM, kept.key) == crop.content
    site.store.delete(LIVECAM, [(kept.key, "")])  # made again at will
    assert client.get(f"/v1/events/{event}/crop.jpg").content == crop.content


def test_a_picture_made_while_its_footage_goes_is_not_left_behind(
    site: Site, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = footage.store(site, "gate", T0, 2)
    event = footage.event(site, made, T0 + 1_000, T0 + 2_000)
    create = site.store.create

    def late(bucket: str, key: str, data: bytes, **how: Any) -> Any:
        site.store.delete(FOOTAGE, [(made.key, "")])
        return create(bucket, key, data, **how)

    monkeypatch.setattr(site.store, "create", late)
    for path in (f"/v1/events/{event}/crop.jpg", "/v1/sprites/gate.jpg"):
        client.get(path, params={"at": to_iso(T0)})
    assert not [one for kind in Made for one in site.store.list(LIVECAM, f"{kind}/")]


def test_a_picture_that_needed_no_analysis_is_made_when_it_is_first_looked_at(
    site: Site, client: httpx.Client
) -> None:
    made = footage.store(site, "gate", T0, 2)
    picture = f"/v1/segments/{made.id}/thumbnail.jpg"
    assert client.get(picture).status_code == 404  # its analysis may keep a better one
    footage.analysed(site, made)
    answer = client.get(picture)
    assert answer.headers["content-type"] == "image/jpeg"
    mark = footage.mark_of(answer.content)
    assert mark is None or mark.utc_ms == T0  # marks are small in it
    assert site.store.read(LIVECAM, thumbnail_key(made.id)) == answer.content
    assert client.get(picture).content == answer.content


BAD = [
    "/v1/segments?camera=../x",
    "/v1/segments?from=yesterday",
    "/v1/segments?from=0001-01-01T00:00:00%2B14:00",
    "/v1/segments?from=9999-12-31T23:59:59Z",
    "/v1/segments?limit=0",
    "/v1/segments?limit=1000000",
    "/v1/segments?cursor=x",
    "/v1/segments?cursor=eA==",
    "/v1/segments?from=2026-11-02&to=2026-11-01",
    "/v1/events?confidence=2",
    "/v1/events?label=%00",
    "/v1/playlists/Gate.m3u8?start=2026-11-01&end=2026-11-02",
    "/v1/playlists/gate.m3u8?start=2026-01-01&end=2026-12-31",
    "/v1/playlists/gate.m3u8?start=2026-11-02&end=2026-11-01",
    "/v1/playlists/gate.m3u8",
    "/v1/gaps?start=2025-11-01&end=2026-11-02",
    "/v1/motion?start=nan&end=2026-11-02",
    "/v1/segments/..%2F..%2Fetc/media",
    "/v1/segments/gate_20261301_100000.000Z_0123456789abcdef/media",
    "/v1/segments/gate_20261101_100000.000Z_0123456789abcdef/media",
    "/v1/events/nothing/thumbnail.jpg",
    "/v1/events/gate_person_1/thumbnail.jpg",
    "/v1/nothing",
    "/player/../server.py",
]


@pytest.mark.parametrize("path", BAD)
def test_what_cannot_be_meant_is_a_problem_of_the_caller(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["detail"]
    assert "Traceback" not in answer.text


def test_a_store_that_is_gone_is_503_and_says_so(site: Site, client: httpx.Client) -> None:
    made = footage.store(site, "gate", T0, 1)
    shutil.rmtree(site.home.store)
    for path in ("/health", f"/v1/segments/{made.id}/media", "/v1/segments"):
        answer = client.get(path)
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"]
        assert "bucket" in answer.json()["detail"]


def test_health_names_what_it_serves(site: Site, client: httpx.Client) -> None:
    footage.store(site, "gate", T0, 1)
    told = get(client, "/health")
    assert (told["status"], told["store"], told["cameras"]) == ("ok", "folder", ["gate"])


def test_a_day_of_segments_is_one_playlist(site: Site, client: httpx.Client) -> None:
    footage.day(site, "gate", T0)
    query = {"start": to_iso(T0), "end": to_iso(T0 + 86_400_000)}
    told = client.get("/v1/playlists/gate.m3u8", params=query).text
    assert told.count("#EXT-X-DISCONTINUITY") == 2_880
    assert get(client, "/v1/timelines/gate", **query)["recorded"] == [[T0, T0 + 86_400_000]]
