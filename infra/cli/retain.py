"""`livecam retain`: delete what is past its retention, or show what would go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import click

from flows.retention import Decision
from flows.site import open_site
from flows.stages import retain as stage
from infra.cli import note, say
from infra.cli.times import Moment


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would go; delete nothing.")
@click.option("--at", "at_ms", type=Moment(), help="Decide as of this time; only ever previews.")
@click.option("--max-delete", type=click.IntRange(0), help="Approve up to N segments.")
@click.option("--json", "as_json", is_flag=True, help="A JSON row a segment.")
def retain(dry_run: bool, at_ms: int | None, max_delete: int | None, as_json: bool) -> None:
    """Delete footage past its retention, every version of it; its row stays as expired.

    Example: livecam retain --dry-run --at 2027-06-01
    """
    site = open_site()
    if dry_run or at_ms is not None:
        _show(stage.preview(site, at_ms), as_json)
        return
    done = stage.retain(site, max_delete)
    _show(done.decisions, as_json)
    note(f"deleted {done.deleted} segments, {done.freed_bytes / 1e6:.1f} MB freed")


def _show(decisions: Iterable[Decision], as_json: bool) -> None:
    rows = [_row(one) for one in decisions]
    if as_json:
        say(rows)
        return
    for (camera, action, reason), number in sorted(Counter(map(_group, rows)).items()):
        click.echo(f"{camera:20} {action:7} {number:8}  {reason}")


def _row(decision: Decision) -> dict[str, str]:
    return {
        "camera": decision.segment.camera,
        "key": decision.segment.key,
        "action": decision.action,
        "reason": decision.reason,
    }


def _group(row: dict[str, str]) -> tuple[str, str, str]:
    # "kept for 30 days, until …" is a reason a segment; people want it by policy.
    return row["camera"], row["action"], row["reason"].partition(", until")[0]
