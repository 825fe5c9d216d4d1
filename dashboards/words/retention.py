"""The words of Retention."""

from __future__ import annotations

from dashboards.words import Word


class Retention(Word):
    """Retention."""

    NOTHING = "Nothing is stored, so nothing can go", "저장된 영상이 없어 지울 것도 없어요"
    GOES_NEXT = "Goes next", "다음 삭제 예정"
    OVERDUE = "Overdue", "기한 지남"
    OVERDUE_SAID = "goes with the next run", "다음 실행 때 삭제"
    HELD = "Under hold", "보존 중"
    ROOM_LASTS = "Room lasts", "남은 공간"
    SEGMENTS = "{count} segment|{count} segments", "구간 {count}개"
    DAYS = "{days} d", "{days}일"
    BY_DAY = "What goes next", "곧 삭제될 영상"
    BY_CAMERA = "By camera", "카메라별"
    NOTHING_NEXT = (
        "Nothing goes within the next {days} days.",
        "앞으로 {days}일 동안 삭제될 영상이 없어요.",
    )
    FREES = "Frees", "확보되는 용량"
    SEGMENTS_HEAD = "Segments", "구간"
    KEPT_FOR = "Kept for", "보관 기간"
    STORED = "Stored", "저장됨"
    OLDEST = "Oldest", "가장 오래된 영상"
    NEXT = "Next goes", "다음 삭제"
    NOW = "now", "지금"
    HELD_HEAD = "Held", "보존"
    NO_DISK = "the store does not tell", "저장소가 알려 주지 않음"
    FREE = "{size} free", "{size} 남음"
    TEN_YEARS = "10 years +", "10년 이상"
    FULL_FIRST = (
        "The disk fills in {room}, before footage comes of age. Shorten `retain.days` or add room.",
        (
            "영상이 보관 기간을 채우기 전에 {room} 뒤 디스크가 가득 차요."
            " `retain.days`를 줄이거나 공간을 늘려 주세요."
        ),
    )
    EXPLAINED = (
        "Retention runs daily; `livecam retain --dry-run` tells segment by segment.",
        "보관 정리는 매일 실행돼요. `livecam retain --dry-run`으로 구간별로 확인하세요.",
    )
