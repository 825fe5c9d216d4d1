"""What every page says: where one is, who one is, and what cannot be had."""

from __future__ import annotations

from dashboards.words import Word


class Pages(Word):
    """Titles, and the groups they stand in."""

    REVIEW = "Review", "검토"
    LIVE = "Live", "실시간"
    PLAYBACK = "Playback", "재생"
    SEARCH = "Search", "검색"
    EXPORTS = "Exports", "내보내기"
    HOLDS = "Holds", "보존"
    COVERAGE = "Coverage", "녹화 현황"
    RETENTION = "Retention", "보관 기간"
    HEALTH = "Health", "상태"
    SETTINGS = "Settings", "설정"
    KEEP = "Keep", "보관"
    SITE = "Site", "시스템"


class Who(Word):
    """The corner that says who looks."""

    NOBODY = "No account", "계정 없음"
    VIEWER = "viewer", "열람자"
    OPERATOR = "operator", "운영자"
    ADMIN = "admin", "관리자"
    ALL_CAMERAS = "all cameras", "모든 카메라"
    SOME_CAMERAS = "{count} camera|{count} cameras", "카메라 {count}대"
    ACCOUNT = "Password and second factor", "비밀번호와 2단계 인증"
    LOG_OUT = "Log out", "로그아웃"
    OPEN = (
        (
            "No account yet: only this machine can look, and nothing can be changed. The link that"
            " `livecam up` printed makes the first one; `livecam users link` prints another."
        ),
        (
            "아직 계정이 없어요. 이 컴퓨터에서 보기만 할 수 있어요. `livecam up`이 출력한 링크로 첫"
            " 계정을 만드세요. `livecam users link`로 다시 출력할 수 있어요."
        ),
    )
    NEEDS = "That wants the role {role}.", "{role} 권한이 필요해요."


class Trouble(Word):
    """What is said when something cannot be had."""

    STORE = (
        (
            "**The store does not answer.** What is shown was read earlier, and nothing can be"
            " changed until it is back."
        ),
        (
            "**저장소가 응답하지 않아요.** 이전에 읽은 내용을 보여 드려요."
            " 저장소가 돌아올 때까지 아무것도 바꿀 수 없어요."
        ),
    )
    NOT_READ = (
        "Nothing of this was read before the store went away. Reload the page once it is back.",
        "저장소가 끊기기 전에 읽어 둔 내용이 없어요. 저장소가 돌아오면 새로 고쳐 주세요.",
    )
    AGAIN = "The page tries again when you reload it.", "새로 고치면 다시 시도해요."
    FAILED = "That could not be done", "처리하지 못했어요"
    AS_OF = "Read {ago}.", "{ago}에 읽었어요."


class Common(Word):
    """Labels that several pages have."""

    CAMERA = "Camera", "카메라"
    CAMERAS = "Cameras", "카메라"
    ALL_CAMERAS = "All cameras", "모든 카메라"
    CHOOSE = "Choose cameras", "카메라 선택"
    NODE = "Node", "노드"
    DAY = "Day", "날짜"
    FROM = "From", "시작"
    TO = "To", "끝"
    FROM_DAY = "From, day", "시작 날짜"
    TO_DAY = "To, day", "끝 날짜"
    FROM_TIME = "From, time", "시작 시각"
    TO_TIME = "To, time", "끝 시각"
    TIME = "Time ({zone})", "시각 ({zone})"
    ZONE = "Times are {zone}.", "시각은 {zone} 기준이에요."
    SHOW_MORE = "Show {count} more", "{count}개 더 보기"
    CANCEL = "Cancel", "취소"
    DELETE = "Delete", "삭제"
    WHEN = "When", "시각"
    REASON = "Reason", "사유"
    SIZE = "Size", "크기"
    NO_CAMERA = "No camera has stored anything yet", "아직 저장된 영상이 없어요"
    HOW_TO_BEGIN = (
        (
            "Name a camera in `livecam.yaml` and run `livecam up`, or bring footage in with\n\n"
            "    livecam import clip.mp4 --camera hall --start 2026-11-01T10:00:00Z\n"
            "    livecam drain"
        ),
        (
            "`livecam.yaml`에 카메라를 적고 `livecam up`을 실행하거나, 영상을 가져오세요.\n\n"
            "    livecam import clip.mp4 --camera hall --start 2026-11-01T10:00:00Z\n"
            "    livecam drain"
        ),
    )
    NO_SUCH_CAMERA = "There is no camera named {name!r} here.", "{name!r}라는 카메라가 없어요."
    NOT_A_TIME = (
        "Write a time of the day as 10:05 or 10:05:30.",
        "시각은 10:05 또는 10:05:30처럼 적어 주세요.",
    )
    NOT_A_STRETCH = (
        "The end has to come after the beginning.",
        "끝은 시작보다 뒤여야 해요.",
    )


class Labels(Word):
    """What is seen in a picture, as far as it has a word of its own here."""

    PERSON = "person", "사람"
    BICYCLE = "bicycle", "자전거"
    CAR = "car", "자동차"
    MOTORCYCLE = "motorcycle", "오토바이"
    BUS = "bus", "버스"
    TRUCK = "truck", "트럭"
    DOG = "dog", "개"
    CAT = "cat", "고양이"
    BIRD = "bird", "새"
    MOTION = "motion", "움직임"


def label(name: str) -> str:
    """What was seen, in words; a model's own word where there is none here."""
    found = Labels.__members__.get(name.upper().replace(" ", "_"))
    return found() if found else name
