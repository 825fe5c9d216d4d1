"""The words of Health."""

from __future__ import annotations

from dashboards.words import Word


class Health(Word):
    """Cameras, nodes, store and work."""

    NODE_NAMED = "Node {name}", "노드 {name}"
    HUBS_WORKER = "The hub's worker", "허브의 작업자"
    NODE_DOWN = (
        "**{name} is down**: {since}. Footage it records meanwhile waits in its spool.",
        "**{name} 중단**: {since}. 그동안 녹화한 영상은 노드의 스풀에서 기다려요.",
    )
    HUB_DOWN = "**{name} is down**: {since}.", "**{name} 중단**: {since}."
    NEVER_REPORTED = "never reported", "보고한 적 없음"
    SILENT = "silent for {span}", "{span} 동안 응답 없음"
    UP_TO_DATE = "Cameras up to date", "정상 카메라"
    SOME_OF = "{some} of {all}", "{all}대 중 {some}대"
    LATE = "late: {names}", "지연: {names}"
    DRAWN = "stand-in: {names}", "대체 영상: {names}"
    NONE_LATE = "none is late", "지연 없음"
    WAITING_FOR_UPLOAD = "Waiting for upload", "업로드 대기"
    ROOM_LASTS = "Room lasts", "남은 공간"
    DAYS = "{count} day|{count} days", "{count}일"
    TEN_YEARS = "10 years +", "10년 이상"
    FREE = "{size} free", "{size} 남음"
    DOES_NOT_TELL = "the store does not tell", "저장소가 알려 주지 않음"
    STORE = "Store", "저장소"
    FOLDER = "folder", "폴더"
    ANSWERS = "answers", "응답함"
    NO_ANSWER = "does not answer", "응답 없음"
    NO_CAMERA = (
        "No camera is configured yet: name one under `cameras:` in `livecam.yaml`.",
        "아직 설정한 카메라가 없어요. `livecam.yaml`의 `cameras:` 아래에 적어 주세요.",
    )
    NEWEST = "Newest footage", "최근 영상"
    UPLOAD_LAG = "Upload lag", "업로드 지연"
    WAITING = "Waiting", "대기"
    STREAM = "Stream", "스트림"
    LOST = ", {count} lost|, {count} lost", ", {count}개 손실"
    BY_MOTION = ", by motion", ", 움직임 녹화"
    A_STAND_IN = (
        "a stand-in: the camera cannot be opened",
        "대체 영상: 카메라를 열 수 없음",
    )
    NOTHING_YET = "nothing yet", "아직 없음"
    IMPORTED = "imported", "가져옴"
    SET_ASIDE = "Set aside", "따로 둔 항목"
    NONE_SET_ASIDE = (
        "Nothing: every segment that arrived was taken in and analysed.",
        "없어요. 도착한 구간을 모두 저장하고 분석했어요.",
    )
    STAGE = "Stage", "단계"
    WHAT = "What", "항목"
    WHY = "Why", "이유"
    TRIED = "Tried", "시도"
    REPLAY = "`livecam replay` puts them back in the queue.", "`livecam replay`로 다시 처리해요."
    WORK = "Work", "작업"
    NO_PREFECT = (
        (
            "Prefect gives no answer, so runs and nodes are not known. `livecam up` starts it;"
            " `livecam drain` does the work without it."
        ),
        (
            "Prefect가 응답하지 않아 작업과 노드 상태를 알 수 없어요. `livecam up`으로 시작하거나"
            " `livecam drain`으로 Prefect 없이 처리하세요."
        ),
    )
    FLOW = "Flow", "플로"
    STATE = "State", "상태"
    BEGAN = "Began", "시작"
    NEXT = "Next", "다음"
    SAID = "Said", "메시지"
    NO_RUN = "No flow has run yet.", "아직 실행한 플로가 없어요."
    HUB = "hub", "허브"
    HEARTBEAT = "Heartbeat", "마지막 신호"
    NEVER = "never", "없음"
    READ_AT = "Read at {time} ({zone}), every 5 s.", "{time}에 읽음 ({zone}), 5초마다 갱신."


class Spools(Word):
    """What waits where."""

    TITLE = "Spools", "스풀"
    SEGMENTS = "{count} segment|{count} segments", "구간 {count}개"
    NONE_TOLD = "no node told of its spool yet", "아직 스풀을 알린 노드가 없음"
    RUNWAY_OF = "runway {span}", "여유 {span}"
    NO_STREAM = "no stream", "스트림 없음"
    SILENT = "{count} silent|{count} silent", "{count}개 응답 없음"
    OF = " of {size}", " / {size}"
    NOTHING = (
        "Nothing waits, and no node has told of its spool yet.",
        "대기 중인 것이 없고, 스풀을 알린 노드도 아직 없어요.",
    )
    GREY = (
        "Grey figures are how a spool was when its node last told.",
        "회색 숫자는 노드가 마지막으로 알린 값이에요.",
    )
    RUNWAY = "Runway", "여유 시간"
    UPLOADS = "Uploads", "업로드"
    FREE = "Free", "남은 용량"
    MACHINE = "Machine", "장비"
    TOLD = "Told", "알린 때"
    NOTHING_WAITS = "nothing", "없음"
    NO_LAG = "none", "없음"
    A_MINUTE = "{rate:.3g} a minute", "분당 {rate:.3g}개"
    READ_HERE = "read here", "여기서 읽음"
    THIS_MACHINE = "this machine", "이 컴퓨터"
    OLDEST_GOES = "then the oldest goes", "이후 오래된 것부터 삭제"
    RECORDING_STOPS = "then recording stops", "이후 녹화 중지"
    IN_VAIN = "something else fills its disk", "다른 것이 디스크를 채우고 있음"
    BUSY = "{share:.0%} busy, ", "사용률 {share:.0%}, "
    LOAD = "load {load:.1f} of {cpus}", "부하 {load:.1f} / {cpus}"
    MEMORY = "{size} memory free", "메모리 {size} 남음"
    CLOCK = "clock {how}", "시계 {how}"
    NOT_SYNCHRONISED = "not synchronised", "동기화 안 됨"
    OFF_BY = (
        "{offset:+.1f} ms, at most {most:.0f} ms off",
        "{offset:+.1f} ms, 오차 최대 {most:.0f} ms",
    )
    NETWORK = (
        "network {received:.1f} Mbit/s in, {sent:.1f} out",
        "네트워크 수신 {received:.1f} Mbit/s, 송신 {sent:.1f}",
    )


class Encoders(Word):
    """Which encoder each camera's pictures go through."""

    TITLE = "Encoders", "인코더"
    ENCODER = "Encoder", "인코더"
    PICTURE = "Picture", "화면 크기"
    RUNG = "Rung", "단계"
    NOT_USED = "Not used", "쓰지 않은 인코더"
    ALL_WELL = "nothing was preferred to it", "더 나은 것이 없음"


class RunStates(Word):
    """How Prefect calls what became of a run."""

    COMPLETED = "Completed", "완료"
    RUNNING = "Running", "실행 중"
    PENDING = "Pending", "시작 대기"
    SUBMITTING = "Submitting", "시작하는 중"
    RETRYING = "Retrying", "재시도 중"
    AWAITINGRETRY = "Waits to retry", "재시도 대기"
    PAUSED = "Paused", "일시정지"
    FAILED = "Failed", "실패"
    CRASHED = "Crashed", "비정상 종료"
    TIMEDOUT = "Timed out", "시간 초과"


def run_state(name: str) -> str:
    """A run's state in words; Prefect's own word where there is none here."""
    found = RunStates.__members__.get(name.upper())
    return found() if found else name
