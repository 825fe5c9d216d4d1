"""`livecam scan`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.errors import BadSettings, LivecamError
from edge.home import Home
from infra.cli import note, say

if TYPE_CHECKING:
    from flows.vision.detector import Detector
    from flows.vision.motion import Eye
    from flows.vision.scan import Interval, Scanned

# Around what is saved, so that nobody is cut off in mid-step.
BEFORE_MS, AFTER_MS = 2_000, 2_000


class _Region(click.ParamType[tuple[float, ...]]):
    name = "X,Y,W,H"

    def convert(self, value: Any, _param: Any, _ctx: Any) -> tuple[float, ...]:
        try:
            x, y, w, h = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail("write X,Y,W,H in parts of the picture, such as 0.5,0,0.5,1")
        if not (0 <= x < x + w <= 1 + 1e-9 and 0 <= y < y + h <= 1 + 1e-9):
            self.fail("it does not lie in the picture: each of X, Y, X+W and Y+H is 0 to 1")
        return x, y, w, h


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--roi", type=_Region(), help="Look only here, in parts of the picture.")
@click.option(
    "--zones",
    type=click.Path(path_type=Path),
    help="YAML or JSON: name to polygon, [[x, y], …] in parts of the picture. Look only there.",
)
@click.option("--objects", help="What to look for: person,car. Without it, motion alone.")
@click.option("--confidence", type=click.FloatRange(0, 1), default=0.5, show_default=True)
@click.option("--sensitivity", type=click.FloatRange(0.1, 10), default=1.0, show_default=True)
@click.option(
    "--merge",
    "merge_s",
    type=click.FloatRange(min=0),
    default=2.0,
    show_default=True,
    help="Motion less than so many seconds apart is one.",
)
@click.option("--save-clips", type=click.Path(path_type=Path), help="Cut each into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a file.")
def scan(
    files: tuple[Path, ...],
    roi: tuple[float, float, float, float] | None,
    zones: Path | None,
    objects: str | None,
    confidence: float,
    sensitivity: float,
    merge_s: float,
    save_clips: Path | None,
    as_json: bool,
) -> None:
    """When something moved in a video file, and who came and went.

    No site and no store are needed. What is quiet is not even decoded. Clips are cut by stream
    copy, with two seconds around what happened.

    Example: livecam scan yard.mp4 --objects person,car --save-clips clips
    """
    from flows.vision.scan import scan as look

    labels, detector = _wanted(objects, confidence)
    eye = _eye(roi, zones, sensitivity)
    failed = False
    for path in files:
        try:
            with _progress(path, quiet=as_json) as progress:
                found = look(
                    path,
                    detector,
                    labels,
                    eye=eye,
                    merge_ms=round(merge_s * 1000),
                    progress=progress,
                )
            clips = _saved(path, found, save_clips) if save_clips else []
        except LivecamError as error:
            note(f"livecam: {error}")
            failed = True
            continue
        say(_told(path, found, clips)) if as_json else _table(path, found, clips)
    if failed:
        raise SystemExit(1)


def _wanted(objects: str | None, confidence: float) -> tuple[dict[str, float], Detector | None]:
    """What to look for, and what finds it."""
    if not objects:
        return {}, None
    from flows.vision.coco import spelled
    from flows.vision.models import best_detector

    labels = [spelled(part.strip()) for part in objects.split(",") if part.strip()]
    detector = best_detector(Home.from_environment().models)
    if detector.name == "hog" and labels != ["person"]:
        note("without a model only people are found: `livecam models pull` fetches one")
    return dict.fromkeys(labels, confidence), detector


def _eye(
    roi: tuple[float, float, float, float] | None, zones: Path | None, sensitivity: float
) -> Eye:
    from flows.vision.detector import Box
    from flows.vision.motion import Eye

    if roi and zones:
        raise click.UsageError("--roi and --zones exclude one another")
    if roi:
        return Eye(Box(*roi), sensitivity)
    polygons = _polygons(zones) if zones else ()
    return Eye(sensitivity=sensitivity, zones=polygons)


def _polygons(path: Path) -> tuple[tuple[tuple[float, float], ...], ...]:
    import yaml

    from flows.vision.zones import polygon

    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(told, dict) or not told:
            raise ValueError("it names no zone; write gate: [[0, 0.5], [1, 0.5], [1, 1]]")
        return tuple(polygon(points) for points in told.values())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadSettings(f"zones of {path.name}: {error}", path=path) from None


@contextmanager
def _progress(path: Path, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    """A bar on the terminal, none where nobody looks at one."""
    if quiet or not sys.stderr.isatty():
        yield _nowhere
        return
    with click.progressbar(length=100, label=path.name, file=sys.stderr) as bar:

        def move(part: float) -> None:
            bar.update(round(100 * part) - bar.pos)

        yield move


def _nowhere(_part: float) -> None:
    """Nobody looks."""


def _saved(path: Path, found: Scanned, folder: Path) -> list[str]:
    """Each visit, or without objects each stretch of motion, as a file; which were written."""
    from flows.media.cut import cut

    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for one in found.objects or found.motion:
        start_ms = max(one.start_ms - BEFORE_MS, 0)
        name = f"{path.stem}_{one.start_ms / 1000:08.1f}_{one.label or 'motion'}.mp4"
        cut(path, start_ms, min(one.end_ms + AFTER_MS, found.analysis.duration_ms), folder / name)
        saved.append(str(folder / name))
    return saved


def _told(path: Path, found: Scanned, clips: Sequence[str]) -> dict[str, Any]:
    told = {
        "file": str(path),
        "motion": [_interval(one) for one in found.motion],
        "objects": [_interval(one) for one in found.objects],
        "duration_s": found.analysis.duration_ms / 1000,
        "frames": found.analysis.frames,
        "decoded_frames": found.analysis.decoded_frames,
        "cpu_s": round(found.cpu_s, 3),
        "wall_s": round(found.wall_s, 3),
    }
    return told | ({"clips": list(clips)} if clips else {})


def _interval(one: Interval) -> dict[str, Any]:
    told = {
        "start_s": one.start_ms / 1000,
        "end_s": one.end_ms / 1000,
        "score": round(one.score, 4),
    }
    return told if one.label is None else {"label": one.label, **told}


def _table(path: Path, found: Scanned, clips: Sequence[str]) -> None:
    click.echo(
        f"{path.name}: {found.analysis.duration_ms / 1000:.1f} s in {found.wall_s:.1f} s, "
        f"{found.analysis.decoded_frames} of {found.analysis.frames} pictures decoded"
    )
    rows = sorted([*found.motion, *found.objects], key=lambda i: (i.start_ms, i.label or ""))
    for one in rows:
        length = (one.end_ms - one.start_ms) / 1000
        start, end = (_clock(ms) for ms in (one.start_ms, one.end_ms))
        click.echo(
            f"  {start} – {end}  {length:7.1f} s  {one.label or 'motion':10}  {one.score:.2f}"
        )
    if not rows:
        click.echo("  nothing moves")
    for clip in clips:
        click.echo(f"  saved {clip}")


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000 // 100}"
