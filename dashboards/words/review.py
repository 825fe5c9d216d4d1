"""The words of Review."""

from __future__ import annotations

from dashboards.words import Word


class Review(Word):
    """Review."""

    SHOW = "Show", "보기"
    SINCE = "Since you last looked", "마지막으로 본 뒤"
    OPEN = "Not reviewed", "검토 전"
    A_DAY = "A day", "하루"
    LOOKED = "You last looked {ago} ({moment}).", "마지막으로 본 때: {ago} ({moment})."
    FIRST_LOOK = (
        "This is your first visit: the last 24 hours.",
        "첫 방문이에요. 최근 24시간을 보여 드려요.",
    )
    OVER = "The last {days} days.", "최근 {days}일이에요."
    FOUND = "{count} event|{count} events", "이벤트 {count}건"
    OF_THEM_OPEN = "{count} not reviewed|{count} not reviewed", "{count}건 검토 전"
    WHAT = "What", "대상"
    ZONE = "Zone", "구역"
    SURE = "At least sure", "최소 확신도"
    FILTERS = "Filters", "필터"
    EVERYTHING = "Everything", "전체"
    EVERYWHERE = "Everywhere", "모든 곳"
    MARK_ALL = "Mark {count} shown as reviewed", "보이는 {count}건 검토 완료"
    UNDO = "Undo", "되돌리기"
    NO_FILTER = "Take all filters away", "필터 모두 지우기"
    ALL_SEEN = "All caught up", "모두 확인했어요"
    NOTHING_NEW = (
        "Nothing happened since you last looked.",
        "마지막으로 본 뒤로 아무 일도 없었어요.",
    )
    NOTHING_OPEN = (
        "Everything of the last {days} days has been reviewed.",
        "최근 {days}일의 이벤트를 모두 검토했어요.",
    )
    NOTHING_THEN = "Nothing happened on that day.", "그날은 아무 일도 없었어요."
    FILTERED = (
        "Nothing matches the filters: take one away to see more.",
        "필터에 맞는 것이 없어요. 필터를 줄여 보세요.",
    )
    LAST_EVENT = "The last event was {ago}.", "마지막 이벤트: {ago}."
    SHOW_DAY = "Show {day}", "{day} 보기"
    NO_EVENT_YET = (
        (
            "Nobody and nothing has been seen yet. Events appear here once footage was searched:"
            " `livecam up` does that, or `livecam drain`."
        ),
        (
            "아직 발견된 것이 없어요. 영상을 분석하면 이벤트가 여기에 나타나요."
            " `livecam up`이나 `livecam drain`이 분석해요."
        ),
    )
    MAY_NOT_MARK = (
        "Marking wants the role operator.",
        "검토 표시는 운영자만 할 수 있어요.",
    )
    LIVE_NOW = "See the cameras live", "실시간 보기"
