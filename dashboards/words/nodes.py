"""The words of what nodes tell of themselves, and of who is told of it."""

from __future__ import annotations

from dashboards.words import Word


class Nodes(Word):
    """Nodes on Health."""

    TITLE = "Nodes", "노드"
    VERSION = "Version", "버전"
    CONFIGURATION = "Configuration", "설정"
    NEWEST = "{version}, the newest", "{version}, 최신"
    OLDER = "{version}; {newest} is not in force yet", "{version}, 아직 {newest} 적용 전"
    UNKNOWN = "not one of the hub's", "허브의 설정이 아님"
    CAMERAS = "Cameras", "카메라"
    NOT_TOLD = (
        "Notifications are not all sent: {trouble}. Waiting: {waiting}, given up: {failed}.",
        "보내지 못한 알림이 있어요: {trouble}. 대기: {waiting}, 포기: {failed}.",
    )
