"""The words of Exports."""

from __future__ import annotations

from dashboards.words import Word


class Exports(Word):
    """Exports."""

    EXPLAINED = (
        (
            "Footage to take along: MP4 files as they were recorded, with digests. They stay here, "
            "whatever retention does, until somebody deletes them."
        ),
        (
            "가져갈 수 있는 영상이에요. 녹화한 그대로 MP4로 만들고 다이제스트를 함께 넣어요."
            " 보관 기간과 관계없이 지울 때까지 남아요."
        ),
    )
    MAKE = "Make an export", "내보내기 만들기"
    NAME = "Name (optional)", "이름 (선택)"
    START = "Export", "내보내기"
    ABOUT = "About {size}, {segments}.", "약 {size}, {segments}."
    SEGMENTS = "{count} segment|{count} segments", "구간 {count}개"
    NOTHING_OF = "Nothing of {cameras} in that time.", "그 시간에 {cameras} 영상이 없어요."
    NOTHING_AT_ALL = (
        "There is no footage in that time: Coverage says why.",
        "그 시간에는 영상이 없어요. 이유는 녹화 현황에서 볼 수 있어요.",
    )
    TOO_LONG = (
        "An export takes at most {hours} hours: make several.",
        "내보내기는 최대 {hours}시간이에요. 여러 번 나눠 주세요.",
    )
    TOO_MANY = "An export takes at most {count} cameras.", "카메라는 최대 {count}대예요."
    NO_CAMERA = "Choose a camera.", "카메라를 골라 주세요."
    STARTED = "The export has begun.", "내보내기를 시작했어요."
    NONE = "Nothing has been exported yet", "아직 내보낸 것이 없어요"
    HOW = (
        "Open “Make an export” above, choose cameras and a time, and download the files here.",
        "위의 ‘내보내기 만들기’에서 카메라와 시간을 고르면 여기에서 내려받을 수 있어요.",
    )
    HOW_NOT = (
        "Somebody with the role operator makes exports; you can download those of your cameras.",
        "내보내기는 운영자가 만들어요. 내 카메라의 것은 여기에서 내려받을 수 있어요.",
    )
    QUEUED = "waits", "대기 중"
    RUNNING = "in the making", "만드는 중"
    DONE = "ready", "완료"
    FAILED = "failed", "실패"
    ALL_OF_IT = "Download all (zip)", "모두 내려받기 (zip)"
    FILES = "Files and digests", "파일과 다이제스트"
    FILE = "File", "파일"
    DIGEST = "SHA-256", "SHA-256 다이제스트"
    MISSING = (
        "Not in the files: {what}. The manifest says why.",
        "파일에 없는 부분: {what}. 이유는 manifest.json에 있어요.",
    )
    CHECK = (
        "In the unpacked folder, `sha256sum -c SHA256SUMS` checks every file.",
        "압축을 푼 폴더에서 `sha256sum -c SHA256SUMS`로 모든 파일을 검증할 수 있어요.",
    )
    DELETE_WHAT = (
        "Delete this export and its files? The footage itself stays as long as retention keeps it.",
        "이 내보내기와 파일을 지울까요? 원본 영상은 보관 기간 동안 그대로 남아요.",
    )
    DELETED = "Deleted.", "지웠어요."
    MORE = "Show older ones", "이전 것 더 보기"
