"""The words of the player: of its buttons, its timeline and what it says of a moment."""

from __future__ import annotations

from dashboards.words import Language, Word, mapping
from dashboards.words.common import Labels
from dashboards.words.coverage import Causes


class Player(Word):
    """Buttons, hints and what is said over the picture."""

    LANGUAGE = "en-GB", "ko-KR"
    UNIT_D = "{n} d", "{n}일"
    UNIT_H = "{n} h", "{n}시간"
    UNIT_MIN = "{n} min", "{n}분"
    UNIT_S = "{n} s", "{n}초"
    PLAY = "Play", "재생"
    PAUSE = "Pause", "일시정지"
    BACK = "Back 10 seconds", "10초 뒤로"
    FORTH = "On 10 seconds", "10초 앞으로"
    FRAME_BACK = "The picture before", "이전 화면"
    FRAME_ON = "The next picture", "다음 화면"
    PREVIOUS_EVENT = "Previous event", "이전 이벤트"
    NEXT_EVENT = "Next event", "다음 이벤트"
    SPEED = "Speed", "속도"
    COPY_LINK = "Copy link to this moment", "이 순간의 링크 복사"
    DOWNLOAD_SEGMENT = "Download this segment", "이 구간 내려받기"
    FULL_SCREEN = "Full screen", "전체 화면"
    KEYBOARD = "Keyboard", "단축키"
    DAY_BEFORE = "The day before", "전날"
    DAY_AFTER = "The day after", "다음 날"
    JUMP = "Go to a date and time", "날짜와 시각으로 이동"
    LATEST = "Latest", "최신"
    WIDER = "Show more time", "더 길게 보기"
    CLOSER = "Show less time", "더 짧게 보기"
    MONTH = "Month", "월"
    A_DAY = "Day", "일"
    HOUR = "Hour", "시간"
    MINUTE = "Minute", "분"
    HINT_PLAY = "Play or pause (space)", "재생 또는 일시정지 (스페이스)"
    HINT_BACK = "Back 10 s (←), 1 min (Shift+←)", "10초 뒤로 (←), 1분 (Shift+←)"
    HINT_FORTH = "On 10 s (→), 1 min (Shift+→)", "10초 앞으로 (→), 1분 (Shift+→)"
    HINT_FRAME_BACK = "The picture before (,)", "이전 화면 (,)"
    HINT_FRAME_ON = "The next picture (.)", "다음 화면 (.)"
    HINT_PREVIOUS = "Previous event (↑)", "이전 이벤트 (↑)"
    HINT_NEXT = "Next event (↓)", "다음 이벤트 (↓)"
    HINT_SPEED = "Speed (J slower, L faster)", "속도 (J 느리게, L 빠르게)"
    HINT_LATEST = "Go to the newest footage", "가장 최근 영상으로"
    HINT_WIDER = "Show more time (−)", "더 길게 보기 (−)"
    HINT_CLOSER = "Show less time (+)", "더 짧게 보기 (+)"
    HINT_HELP = "Which keys do what (?)", "단축키 보기 (?)"
    KEYS = (
        (
            "Space or K: play, pause · ← →: 10 s, with Shift a minute · ↑ ↓: event before, next"
            " event · , and .: picture by picture · J L: slower, faster · + −: less time, more"
            " time · wheel or two fingers on the timeline: closer and further, drag it to move"
        ),
        (
            "스페이스 또는 K: 재생, 일시정지 · ← →: 10초, Shift와 함께 1분 · ↑ ↓: 이전, 다음 이벤트"
            " · , 와 .: 한 화면씩 · J L: 느리게, 빠르게 · + −: 짧게, 길게 · 타임라인에서 휠이나"
            " 두 손가락: 확대와 축소, 끌어서 이동"
        ),
    )
    TIMELINE = "Timeline", "타임라인"
    OVERVIEW = "The day or month around it", "전후의 하루 또는 한 달"
    MOTION = "motion", "움직임"
    RECORDED = "recorded", "녹화됨"
    GAP = "gap", "빈 구간"
    EXPIRED = "expired", "만료됨"
    HELD = "held", "보존 중"
    STAND_IN = "stand-in", "대체 영상"
    STAND_IN_NOW = (
        "Stand-in: the camera could not be opened",
        "대체 영상: 카메라를 열 수 없었어요",
    )
    LOADING = "Loading …", "불러오는 중…"
    TIP_BEFORE = "before the camera's first record", "카메라의 첫 기록 이전"
    TIP_NOT_YET = "not yet", "아직 오지 않음"
    TIP_RECORDED = "recorded", "녹화됨"
    TIP_MOTION = "motion", "움직임"
    TIP_MISSING = "nothing for {span}: {why}", "{span} 동안 없음: {why}"
    TIP_UNPLAYABLE = "recorded as {codec}: not playable here", "{codec} 영상: 여기서 재생 불가"
    TIP_EXPIRED = "recorded, and deleted by retention", "녹화됐고 보관 기간이 지나 삭제됨"
    TIP_NOTHING = "nothing recorded", "녹화 없음"
    TIP_STAND_IN = (
        "a stand-in: the camera could not be opened",
        "대체 영상: 카메라를 열 수 없었음",
    )
    TIP_DAMAGED = "damaged", "손상됨"
    TIP_HELD = "held", "보존 중"
    TIP_AT_ONCE = "{count} at once", "동시에 {count}"
    SKIPPED = "Skipped {span} without footage.", "영상이 없는 {span}을 건너뛰었어요."
    SKIPPED_WHY = (
        "Skipped {span} without footage: {why}.",
        "영상이 없는 {span}을 건너뛰었어요: {why}.",
    )
    NOTHING_STORED = "This camera has stored nothing yet.", "이 카메라가 저장한 영상이 없어요."
    NOTHING_AFTER = "Nothing is stored after this moment.", "이 뒤로 저장된 영상이 없어요."
    NOTHING_THEN = "Nothing is stored of this moment.", "이 순간의 영상이 없어요."
    NO_LATER_EVENT = "No later event.", "다음 이벤트가 없어요."
    NO_EARLIER_EVENT = "No earlier event.", "이전 이벤트가 없어요."
    NO_SEGMENT = "No segment holds this moment.", "이 순간이 담긴 구간이 없어요."
    LINK_COPIED = "Link to this moment copied.", "이 순간의 링크를 복사했어요."
    SPEED_NOW = "{speed}×", "{speed}배속"
    PACE_REAL = "really {speed}×", "실제 {speed}배속"
    PACE_JUMPING = "{speed}×, in jumps", "{speed}배속, 건너뛰며"
    CANNOT_DECODE = (
        "This footage is {codec}, which this browser cannot decode.",
        "이 영상은 {codec}(이)라 이 브라우저에서 재생할 수 없어요.",
    )
    GO_ON_AT = "Go on at {time}", "{time}부터 계속"
    CANNOT_PLAY = "The browser cannot play this footage.", "브라우저가 재생할 수 없는 영상이에요."
    GONE = "This footage is no longer stored.", "더 이상 저장되어 있지 않은 영상이에요."
    STORE_SILENT = "The store does not answer.", "저장소가 응답하지 않아요."
    TRYING_AGAIN = "Trying again …", "다시 시도하는 중…"
    DAMAGED_PASSED = (
        "Damaged: {id} cannot be played as it is stored. Playing goes on behind it.",
        "손상됨: {id}은(는) 저장된 상태로 재생할 수 없어요. 그다음부터 이어서 재생해요.",
    )
    DAMAGED_SHOWN = (
        "Damaged: the bytes of {id} are not those that were recorded.",
        "손상됨: {id}의 데이터가 녹화한 것과 달라요.",
    )
    DAMAGED_GONE = (
        "Missing: {id} is gone from the store. Playing goes on behind it.",
        "없어짐: {id}이(가) 저장소에서 사라졌어요. 그다음부터 이어서 재생해요.",
    )


def player_words(spoken: Language | None = None) -> dict[str, str]:
    """All that the player says: causes as `why_<name>`, labels as `label_<name>`."""
    causes = {f"why_{name}": text for name, text in mapping(Causes, spoken).items()}
    labels = {f"label_{name}": text for name, text in mapping(Labels, spoken).items()}
    return {**mapping(Player, spoken), **causes, **labels}
