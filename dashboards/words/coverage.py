"""The words of the hours that were recorded, and of causes why not."""

from __future__ import annotations

from dashboards.words import Word


class Coverage(Word):
    """The grid and what chooses its time."""

    RECORDED = "Recorded", "녹화"
    LATELY = "Last 24 hours", "최근 24시간"
    A_DAY = "A day", "하루"
    TIME = "Time", "시간"
    NEVER = "No camera has been recorded yet.", "아직 녹화된 카메라가 없어요."
    WHOLE = "Without a gap", "빠짐없이 녹화"
    SOME_OF = "{some} of {all}", "{all}대 중 {some}대"
    LEAST = "Least recorded", "가장 적게 녹화"
    MISSING = "What is missing", "빠진 시간"
    NOTHING_MISSING = (
        "Nothing: every camera was recorded all the time that it had to be.",
        "없어요. 모든 카메라가 빠짐없이 녹화됐어요.",
    )
    LASTED = "Lasted", "길이"
    WHY = "Why", "이유"
    LONGEST = "The {count} longest of {all}.", "전체 {all}건 중 가장 긴 {count}건이에요."
    SUM = "Sum", "합계"
    GRID = "Hours recorded, by camera", "카메라별 녹화 시간"
    EXPLAINED = (
        "An hour leads to its footage. Letters say what is missing most.",
        "시간을 누르면 그때 영상으로 이동해요. 글자는 빠진 이유를 뜻해요.",
    )


class Hours(Word):
    """Kinds of cells, by the names of `dashboards.hours.Kind`."""

    RECORDED = "recorded", "녹화됨"
    CAMERA = (
        "camera out of reach, frozen or without a keyframe",
        "카메라 연결 끊김, 멈춤 또는 키프레임 없음",
    )
    STAND_IN = (
        "a stand-in, as the camera could not be opened",
        "카메라를 열 수 없어 대체 영상",
    )
    RECORDER = (
        "recorder or node down, or its clock was set",
        "녹화기나 노드 중단, 또는 시계 변경",
    )
    LOST = (
        "lost: disk full, torn, or gone from the store",
        "손실: 디스크 가득 참, 파일 손상 또는 저장소에서 사라짐",
    )
    OFF = "not wanted or switched off", "녹화 대상 아님 또는 꺼짐"
    UNEXPLAINED = "nobody knows why", "이유를 알 수 없음"
    PENDING = "not arrived yet", "아직 도착 안 함"
    EXPIRED = "recorded, and deleted by retention", "녹화 후 보관 기간이 지나 삭제됨"
    IMPORTED = "imported footage", "가져온 영상"
    NONE = (
        "before the camera's first record, or still to come",
        "카메라의 첫 녹화 전이거나 아직 오지 않은 시간",
    )


class Causes(Word):
    """States and causes, by their names in the catalogue."""

    RECORDED = "recorded", "녹화됨"
    EXPIRED = "expired", "만료됨"
    STAND_IN = "stand in", "대체 영상"
    IMPORTED = "imported", "가져옴"
    UNEXPLAINED = "unexplained", "이유 모름"
    PENDING = "pending", "대기 중"
    NOT_YET = "not yet", "시작 전"
    AHEAD = "ahead", "앞으로"
    CAMERA_UNREACHABLE = "camera unreachable", "카메라 연결 끊김"
    CAMERA_FROZEN = "camera frozen", "카메라 멈춤"
    WAITING_KEYFRAME = "waiting keyframe", "키프레임 대기"
    RECORDER_DOWN = "recorder down", "녹화기 중단"
    NODE_DOWN = "node down", "노드 중단"
    CLOCK_JUMP = "clock jump", "시계 변경"
    QUARANTINED = "quarantined", "격리됨"
    DISK_FULL_DROPPED = "disk full dropped", "디스크 부족으로 버림"
    LOST_IN_STORE = "lost in store", "저장소에서 사라짐"
    NOT_WANTED = "not wanted", "녹화 대상 아님"
    DISABLED = "disabled", "꺼짐"


def cause(name: str) -> str:
    """A state or cause in words; one that a newer version tells of as it stands."""
    found = Causes.__members__.get(name.upper().replace(" ", "_"))
    return found() if found else name.replace("_", " ")
