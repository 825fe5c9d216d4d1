"""What failed, in a sentence: the failure's own words, and in Korean what kind it is first."""

from __future__ import annotations

import re

from dashboards.words import Language, Word, language
from edge.errors import LivecamError

_ADDRESS = re.compile(r"\bhttps?://[^\s,;()`]*[^\s,;()`.:]")


class Errors(Word):
    """Kinds of failure, by the names of their classes in `edge.errors`."""

    LIVECAMERROR = "This failed", "처리하지 못했어요"
    RETRYABLE = (
        "This may succeed later",
        "지금은 처리하지 못했어요",
    )
    CAMERAUNREACHABLE = "The camera cannot be reached", "카메라에 연결할 수 없어요"
    CAMERAFROZEN = "The camera sends nothing", "카메라에서 아무것도 오지 않아요"
    STOREUNAVAILABLE = "The store does not answer", "저장소가 응답하지 않아요"
    COMMITCONFLICT = "Somebody else wrote first", "다른 작업이 먼저 저장했어요"
    SPOOLFULL = "The spool's disk is full", "스풀 디스크가 가득 찼어요"
    PERMANENT = "This cannot be done", "처리할 수 없어요"
    BADSETTINGS = "A setting is wrong", "설정이 잘못됐어요"
    BADNAME = "That is no name", "쓸 수 없는 이름이에요"
    BADMEDIA = "That is no footage that can be read", "읽을 수 없는 영상이에요"
    BADMODEL = "That is not the model it claims to be", "알려진 것과 다른 모델이에요"
    BADCLAIM = "A receipt contradicts its object", "영수증이 실제 객체와 맞지 않아요"
    STOREREFUSED = "The store refuses", "저장소가 거부했어요"
    OBJECTEXISTS = "That exists already", "이미 있어요"
    OBJECTMISSING = "That is not there", "찾을 수 없어요"
    DAMAGED = "Its bytes are damaged", "데이터가 손상됐어요"
    TOOMUCH = "That would delete too much", "한 번에 너무 많이 지우려고 해요"
    MISSINGPART = (
        "Something is not installed or not running",
        "설치나 실행이 필요해요",
    )


def said(error: LivecamError) -> str:
    """A failure for a person, in markdown."""
    # An address is told, not linked to: it is a server's, and no page of anybody's.
    text = _ADDRESS.sub(r"`\g<0>`", str(error).rstrip("."))
    if language() is Language.ENGLISH:
        return f"{text}."
    kinds = (Errors.__members__.get(kind.__name__.upper()) for kind in type(error).__mro__)
    kind = next(word for word in kinds if word is not None)
    return f"{kind()}: {text}."
