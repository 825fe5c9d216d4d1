"""The words of Settings' notifications."""

from __future__ import annotations

from dashboards.words import Word


class Notify(Word):
    """Who is told, and whether that works."""

    WHOM = "Whom to try", "누구에게 보낼까요"
    WHOLE_SITE = "the whole site", "시스템 전체"
    TEST = "Send a test", "테스트 보내기"
    TOLD = "{service}: told.", "{service}: 보냈어요."
    NOBODY = "Nobody is notified yet", "아직 알림을 받을 곳이 없어요"
    HOW = (
        (
            "Name services in `livecam.yaml`, for the site or a camera, as apprise writes them:\n\n"
            "    notify:\n"
            "      urls: ['ntfys://ntfy.sh/my-topic']\n"
            "      quiet: '22:00-07:00'"
        ),
        (
            "`livecam.yaml`에 시스템 전체나 카메라별로 apprise 형식의 주소를 적어 주세요.\n\n"
            "    notify:\n"
            "      urls: ['ntfys://ntfy.sh/my-topic']\n"
            "      quiet: '22:00-07:00'"
        ),
    )
    ADDRESSES = "{count} address|{count} addresses", "주소 {count}개"
    TEXT = "A test of who hears of {what}.", "{what} 알림 테스트예요."
