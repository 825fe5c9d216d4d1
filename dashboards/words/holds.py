"""The words of Holds."""

from __future__ import annotations

from dashboards.words import Word


class Holds(Word):
    """Holds."""

    EXPLAINED = (
        "Footage under hold is never deleted, however old it grows.",
        "보존 중인 영상은 아무리 오래돼도 지워지지 않아요.",
    )
    MAKE = "Hold footage", "영상 보존하기"
    REASON = "Why (who reads it later will be glad)", "사유 (나중에 볼 사람을 위해)"
    PLACE = "Hold", "보존"
    PLACED = "Held: {cameras}, {span}.", "보존했어요: {cameras}, {span}."
    IN_FORCE = "In force", "보존 중"
    NONE = "Nothing is under hold", "보존 중인 영상이 없어요"
    HOW = (
        "Choose a camera and a time above, and retention leaves it alone until it is released.",
        "위에서 카메라와 시간을 고르면 해제할 때까지 지우지 않아요.",
    )
    HOW_NOT = (
        "Somebody with the role operator can hold footage that must not be deleted.",
        "지우면 안 되는 영상은 운영자가 보존할 수 있어요.",
    )
    PLACED_AT = "Since", "보존 시작"
    RELEASE = "Release", "해제"
    RELEASE_WHAT = (
        "Release {camera}, {stretch}? Retention may then delete it once it is old enough.",
        "{camera}, {stretch} 보존을 해제할까요? 보관 기간이 지나면 지워질 수 있어요.",
    )
    RELEASED = "Released.", "해제했어요."
    OLD = "Released ones", "해제된 보존"
    RELEASED_AT = "Released", "해제한 때"
    NO_CAMERA = "Choose a camera.", "카메라를 골라 주세요."
