"""The words of Settings' cameras."""

from __future__ import annotations

from dashboards.words import Word


class Cameras(Word):
    """Listed, tried, added, paused."""

    NONE = "No camera is configured yet", "아직 설정한 카메라가 없어요"
    ADD = "Add a camera", "카메라 추가"
    SOURCE = "Source", "주소"
    PASSWORDS = (
        (
            "A password is best written as {NAME}: it is read from the environment of the node that"
            " records, and stands in no file."
        ),
        (
            "비밀번호는 {NAME}처럼 적는 것이 좋아요. 녹화하는 노드의 환경 변수에서 읽고, 파일에는"
            " 남지 않아요."
        ),
    )
    CHANGE = "Change", "변경"
    SURE = "At least so sure", "최소 확신도"
    AS_SITE = "as the site says ({share})", "사이트 설정대로 ({share})"
    SURE_OF_WHAT = (
        "What is seen with less is no event.",
        "이보다 낮으면 이벤트가 되지 않아요.",
    )
    TEST = "Test", "테스트"
    TRYING = "Opening the camera, at most 20 s …", "카메라를 여는 중이에요. 최대 20초 걸려요…"
    WORKS = "It works: {what}", "연결됐어요: {what}"
    PAUSE = "Pause", "일시정지"
    RESUME = "Record again", "다시 녹화"
    REMOVE_WHAT = (
        "Take {name} out of livecam.yaml? Its footage stays as long as it is retained.",
        "{name} 카메라를 livecam.yaml에서 뺄까요? 녹화한 영상은 보관 기간 동안 남아요.",
    )


class States(Word):
    """How a camera fares, by the names of `dashboards.nodes.cameras.State`."""

    RECORDING = "recording", "녹화 중"
    RESTING = "waits for motion", "움직임 대기"
    OFF = "off by schedule", "예약에 따라 꺼짐"
    PAUSED = "paused", "일시정지됨"
    DOWN = "down", "연결 끊김"
    UNKNOWN = "nothing heard of it", "소식 없음"
    NOT_CONFIGURED = "footage only", "영상만 있음"
