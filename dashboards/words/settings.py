"""The words of Settings."""

from __future__ import annotations

from dashboards.words import Word


class Settings(Word):
    """Its tabs, and what they share."""

    CAMERAS = "Cameras", "카메라"
    USERS = "Users", "사용자"
    KEYS = "Keys", "API 키"
    NOTIFY = "Notifications", "알림"
    VERSIONS = "Configuration", "설정 이력"
    DEEDS = "Log of deeds", "작업 기록"
    NOT_YOURS = (
        "Settings are for administrators. Ask one of them, or log in as one.",
        "설정은 관리자만 볼 수 있어요. 관리자에게 문의하거나 관리자로 로그인하세요.",
    )
    NOT_ALL_CAMERAS = (
        "Accounts, keys and the log are for administrators of all cameras.",
        "계정, 키, 작업 기록은 모든 카메라를 맡은 관리자만 볼 수 있어요.",
    )
    NAME = "Name", "이름"
    ROLE = "Role", "권한"
    SEES = "Cameras (none chosen: all)", "카메라 (고르지 않으면 모두)"
    ALL = "all", "모두"
    ADD = "Add", "추가"
    SAVE = "Save", "저장"
    REMOVE = "Remove", "삭제"
    WHO = "Who", "누가"
    WHY = "What", "내용"
    MADE = "Made", "만든 때"
    SAVED = "Saved.", "저장했어요."
    REMOVED = "Removed.", "삭제했어요."


class Users(Word):
    """Accounts."""

    NONE = "There is no account yet", "아직 계정이 없어요"
    ADD = "Add an account", "계정 추가"
    LINK_IS = (
        (
            "Give this link to {name}: it sets the password, once, within 24 hours. It is shown"
            " only now."
        ),
        (
            "이 링크를 {name}에게 전해 주세요. 24시간 안에 한 번 비밀번호를 정할 수 있어요."
            " 지금만 볼 수 있어요."
        ),
    )
    LINK = "New password link", "비밀번호 링크 만들기"
    SECOND = "second factor", "2단계 인증"
    NO_PASSWORD = "no password yet", "비밀번호 미설정"
    DISABLED = "disabled", "사용 중지됨"
    DISABLE = "May not log in", "로그인 막기"
    DROP_SECOND = "Take the second factor away", "2단계 인증 해제"
    REMOVE_WHAT = (
        "Remove {name}? Their sessions end at once. What they did stays in the log.",
        "{name} 계정을 삭제할까요? 접속이 바로 끊겨요. 작업 기록은 남아요.",
    )
    EDIT = "Change", "변경"


class Keys(Word):
    """Keys for programs and nodes."""

    NONE = "There is no key yet", "아직 키가 없어요"
    HOW = (
        (
            "A key lets a program use the API as somebody with that role: "
            "`Authorization: Bearer lck_…`."
        ),
        "키가 있으면 프로그램이 그 권한으로 API를 쓸 수 있어요: `Authorization: Bearer lck_…`.",
    )
    ADD = "Add a key", "키 추가"
    KEY_IS = "The key {name}. It is shown only now:", "키 {name}. 지금만 볼 수 있어요:"
    OF_NODE = "node {node}", "노드 {node}"
    REVOKE = "Revoke", "폐기"
    REVOKE_WHAT = (
        "Revoke {name}? Whatever uses it is refused from now on.",
        "{name} 키를 폐기할까요? 이 키를 쓰는 프로그램은 바로 거부돼요.",
    )
    REVOKED = "Revoked.", "폐기했어요."


class Versions(Word):
    """What the configuration was, and what was done."""

    NONE = (
        "The configuration has not been changed here yet",
        "여기에서 바꾼 설정이 아직 없어요",
    )
    EXPLAINED = (
        "Every livecam.yaml that was in force; nodes fetch the newest within seconds.",
        "적용됐던 모든 livecam.yaml이에요. 노드는 몇 초 안에 최신 설정을 받아요.",
    )
    NUMBER = "Version", "버전"
    BY_HAND = "by hand", "직접 수정"
    NO_DEEDS = "Nothing has been done yet", "아직 기록이 없어요"
    CHAIN = (
        "Append-only; each row is chained to the one before. `livecam audit` verifies it.",
        "추가만 되고 줄마다 앞줄과 연결돼요. `livecam audit`로 검증할 수 있어요.",
    )
    ACTION = "Deed", "작업"
    OBJECT = "Of what", "대상"
    OUTCOME = "Outcome", "결과"
    ADDRESS = "From", "주소"
    NOBODY = "nobody known", "알 수 없음"
