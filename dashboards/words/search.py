"""The words of Search."""

from __future__ import annotations

from dashboards.words import Word


class Search(Word):
    """Search."""

    WHAT = "What", "대상"
    ANYTHING = "Anything", "전체"
    AT_LEAST = "At least sure", "최소 확신도"
    NOTHING_STORED = "Nothing has been stored yet", "아직 저장된 것이 없어요"
    FIRST_SEGMENT = (
        "The first segment of a camera appears here a few seconds after it ends.",
        "카메라의 첫 구간은 끝나고 몇 초 뒤에 여기에 나타나요.",
    )
    NOTHING_FOUND = "Nothing was found", "찾은 것이 없어요"
    NO_EVENT = (
        (
            "No event was found in any footage of this choice yet. Footage is searched for events"
            " by `livecam up`, or by `livecam drain`; the Playback page shows all of it meanwhile."
        ),
        (
            "선택한 영상에서 아직 이벤트를 찾지 못했어요. 이벤트는 `livecam up`이나"
            " `livecam drain`이 찾아요. 그동안 재생 페이지에서 영상 전체를 볼 수 있어요."
        ),
    )
    WIDEN = (
        "Widen the time or lower the certainty, or look at the last event.",
        "시간을 넓히거나 확신도를 낮추거나, 마지막 이벤트를 확인해 보세요.",
    )
    SHOW_DAY = "Show {day}", "{day} 보기"
    FOUND = (
        "{count} event, newest first|{count} events, newest first",
        "이벤트 {count}건, 최신순",
    )
    TIMES = "times are {zone}", "시각은 {zone} 기준"
    DRAWN = (
        "Part of this time shows a stand-in, not the camera: {cameras}.",
        "이 시간의 일부는 카메라가 아니라 대체 영상이에요: {cameras}.",
    )
    STAND_IN = "stand-in", "대체 영상"


class Cards(Word):
    """What the grid of pictures says by itself; also its JavaScript's words."""

    NO_PICTURE = "no picture", "사진 없음"
    MARK = "Mark reviewed", "검토 완료로 표시"
    UNMARK = "Mark as not reviewed", "검토 완료 취소"
    REVIEWED = "reviewed", "검토함"
    NEW = "new", "새로움"
    KEYS = (
        "Keys: j and k move, Enter plays, r marks reviewed",
        "단축키: j·k 이동, Enter 재생, r 검토 완료",
    )
