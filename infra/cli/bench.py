"""`livecam bench`: figures beside a peer's, from the same run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from infra.bench import Row, choose, run
from infra.cli import note, say


@click.command()
@click.option("--only", help="Rows by name, or by what precedes the hyphen: record,search.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row.")
def bench(only: str | None, as_json: bool) -> None:
    """Measure against peers in the same run.

    Needs what `make bench` installs: ffmpeg, MinIO, the GStreamer RTSP server.

    Example: make bench ARGS="--only search --json"
    """
    with tempfile.TemporaryDirectory(prefix="livecam-bench-") as folder:
        for row in run(choose(only), Path(folder), note):
            say(row.as_json()) if as_json else _line(row)


def _line(row: Row) -> None:
    facts = row.as_json()
    peer = f"  {row.peer_name} {facts['peer']}  ratio {facts['ratio']}" if row.peer else ""
    verdict = {True: "  met", False: "  NOT MET", None: ""}[facts["met"]]
    goal = f"  goal {facts['goal']}" if row.goal else ""
    click.echo(f"{row.name:14} {facts['ours']} {row.unit}{peer}{goal}{verdict}")
