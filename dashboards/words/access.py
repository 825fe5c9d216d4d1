"""Logging in, the first account, and one's own account: pages of plain HTML."""

from __future__ import annotations

from dashboards.words import Word


class Access(Word):
    """Titles, fields, buttons, and what went wrong."""

    LOG_IN = "Log in", "로그인"
    NAME = "Name", "이름"
    PASSWORD = "Password", "비밀번호"
    NEW_PASSWORD = "New password", "새 비밀번호"
    AGAIN = "The same again", "한 번 더"
    LENGTH = "At least {count} characters.", "{count}자 이상이어야 해요."
    CODE = "Code", "코드"
    CODE_HELP = (
        "Six digits from your authenticator, or a recovery code.",
        "인증 앱의 여섯 자리 숫자 또는 복구 코드예요.",
    )
    GO_ON = "Continue", "계속"
    WRONG = "Name or password is wrong.", "이름 또는 비밀번호가 맞지 않아요."
    WRONG_CODE = (
        "The code is wrong, or was used already. Wait for the next one.",
        "코드가 맞지 않거나 이미 사용했어요. 다음 코드를 기다려 주세요.",
    )
    LIMITED = (
        "Too many attempts. Try again in {wait}.",
        "시도가 너무 많았어요. {wait} 후에 다시 해 주세요.",
    )
    MINUTES = "{count} minute|{count} minutes", "{count}분"
    BUSY = "Too much is asked at once. Try again.", "요청이 너무 많아요. 다시 해 주세요."
    NO_ACCOUNT = (
        (
            "There is no account yet. Run “livecam users link” on that machine: it prints a link"
            " that makes the first one."
        ),
        (
            "아직 계정이 없어요. 해당 기기에서 “livecam users link”를 실행하면 첫 계정을 만드는"
            " 링크가 나와요."
        ),
    )
    FIRST = "Make the administrator's account", "관리자 계정 만들기"
    SET_PASSWORD = "Set your password", "비밀번호 설정"
    SET = "Set it", "설정"
    NAME_HELP = (
        "Small letters, digits and . _ @ -",
        "영문 소문자, 숫자, . _ @ - 를 쓸 수 있어요.",
    )
    BAD_NAME = "That cannot be a name.", "쓸 수 없는 이름이에요."
    BAD_LENGTH = (
        "A password has {least} to {most} characters.",
        "비밀번호는 {least}~{most}자여야 해요.",
    )
    UNLIKE = "The two are not the same.", "두 비밀번호가 서로 달라요."
    LINK_OVER = (
        (
            "This link is over: each is good once, for a day, and the newest replaces those before."
            " “livecam users link” on the machine, or an administrator, makes another."
        ),
        (
            "만료된 링크예요. 링크는 하루 동안 한 번만 쓸 수 있고 새 링크가 이전 링크를 대신해요."
            " 기기에서 “livecam users link”를 실행하거나 관리자에게 요청해 주세요."
        ),
    )
    LOG_OUT = "Log out", "로그아웃"
    LOG_OUT_ALL = "Log out everywhere", "모든 기기에서 로그아웃"
    ACCOUNT = "Your account", "내 계정"
    ROLE = "You are {name} ({role}).", "{name}({role}) 계정이에요."
    CHANGE_PASSWORD = "Change the password", "비밀번호 변경"
    CHANGE = "Change", "변경"
    NOW = "Present password", "현재 비밀번호"
    CHANGED = (
        "The password is changed, and every other session has ended.",
        "비밀번호를 바꿨고 다른 세션은 모두 종료했어요.",
    )
    SECOND = "Second factor", "2단계 인증"
    SECOND_ON = "Codes are asked for at each log-in.", "로그인할 때마다 코드를 확인해요."
    SECOND_OFF = (
        "Read this with an authenticator app, and type the code that it shows.",
        "인증 앱으로 아래 코드를 읽고, 앱에 나온 코드를 입력해 주세요.",
    )
    BEGIN = "Turn on", "켜기"
    END = "Turn off", "끄기"
    ENDED = "The second factor is off.", "2단계 인증을 껐어요."
    RECOVERY = (
        (
            "It is on. Keep these recovery codes on paper: each is good once, and they are not"
            " shown again."
        ),
        "켜졌어요. 복구 코드를 종이에 적어 두세요. 한 번씩만 쓸 수 있고 다시 표시되지 않아요.",
    )
    SESSIONS = "Where you are logged in", "로그인한 기기"
    THIS = "this browser", "이 브라우저"
    SIGNED_OUT = "You are logged out.", "로그아웃되었어요."
    OPEN = "Open Livecam", "Livecam 열기"
    FORGED = "The page was open for too long. Try again.", "페이지가 만료됐어요. 다시 해 주세요."
