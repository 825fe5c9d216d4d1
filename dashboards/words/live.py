"""The words of Live."""

from __future__ import annotations

from dashboards.words import Word


class Live(Word):
    """The grid, and one camera in full."""

    NO_CAMERA = "No camera is recorded yet", "아직 녹화하는 카메라가 없어요"
    HOW_TO_BEGIN = (
        "Name a camera in `livecam.yaml`, and it appears here within seconds.",
        "`livecam.yaml`에 카메라를 적으면 몇 초 안에 여기에 나타나요.",
    )
    LIVE = "Live", "실시간"
    BACK = "All cameras", "모든 카메라"
    FULL_SCREEN = "Full screen", "전체 화면"
    LAST_HOUR = "The last hour", "지난 1시간"
    AGO = "{count} min ago", "{count}분 전"
    NOW = "now", "지금"
    AS_OF = "As of {time}", "{time} 기준"
    NO_PICTURE = "No picture yet", "아직 사진이 없어요"
    CONNECTING = "Connecting …", "연결하는 중이에요 …"
    RECONNECTING = (
        "The connection is gone. Trying again …",
        "연결이 끊겼어요. 다시 시도하는 중이에요 …",
    )
    CAMERA_AWAY = (
        "No picture comes from this camera. It is shown as soon as one does.",
        "이 카메라에서 영상이 오지 않아요. 영상이 오면 바로 보여 드려요.",
    )
    NODE_AWAY = (
        "The machine that records this camera cannot be reached. Trying again …",
        "이 카메라를 녹화하는 기기에 연결할 수 없어요. 다시 시도하는 중이에요 …",
    )
    NOT_SHOWN = (
        "What this camera sends cannot be shown live. It is recorded all the same.",
        "이 카메라가 보내는 형식은 실시간으로 볼 수 없어요. 녹화는 계속돼요.",
    )
    CODEC = (
        "This camera sends {codec}, which this browser cannot decode. It is recorded all the same.",
        "이 카메라는 {codec} 형식을 보내는데 이 브라우저에서 재생할 수 없어요. 녹화는 계속돼요.",
    )
    BROKEN = (
        "The picture could not be decoded. Trying again …",
        "영상을 해독하지 못했어요. 다시 시도하는 중이에요 …",
    )
