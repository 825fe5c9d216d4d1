"""The `livecam` command. Each subcommand is a module of this package, imported on use."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from edge.errors import LivecamError, Retryable

# Name → (module, help). Help stands here so that `livecam --help` imports nothing heavy.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("demo", "Record, analyse and search a drawn scene: the main job in a minute."),
    "up": ("up", "Run a whole site, the hub alone, or one node's part."),
    "down": ("up", "Stop everything that `up` started here."),
    "status": ("status", "Addresses, nodes, cameras and what is set aside."),
    "doctor": ("doctor", "Check this machine, the store and the configuration."),
    "record": ("record", "Record this node's cameras to the spool."),
    "install": ("install", "Write systemd units for a node's recorder and uploads."),
    "import": ("import_", "Cut files into a camera's segments, by stream copy."),
    "drain": ("drain", "Upload, ingest and analyse until nothing is left."),
    "search": ("search", "Find segments and events."),
    "scan": ("scan", "When something moved in a video file, and who came; no site needed."),
    "coverage": ("coverage", "Was it recording, and if not why: per hour and in sum."),
    "get": ("get", "Fetch one segment's bytes, verified."),
    "export": ("export", "Copy a stretch of footage out as MP4, with digests of everything."),
    "hold": ("hold", "Keep a camera's stretch of time from retention."),
    "retain": ("retain", "Delete what is past its retention."),
    "reconcile": ("reconcile", "Compare objects with rows and mend what can be mended."),
    "rebuild": ("rebuild", "Drop the tables and fold them again from the bucket."),
    "replay": ("replay", "Put back what was set aside."),
    "audit": ("audit", "Check the laws on their evidence."),
    "cameras": ("cameras", "List cameras; add, change and remove them while they record."),
    "backfill": ("backfill", "Let a model look at stored footage that it has not seen."),
    "models": ("models", "List, add, choose and measure detection models."),
    "nodes": ("nodes", "List nodes; add one with a key of its own."),
    "users": ("users", "List accounts; add, change and remove them; one-time links."),
    "keys": ("keys", "List keys of programs and nodes; add and revoke them."),
    "notify": ("notify", "Try who is told of what happens."),
    "bench": ("bench", "Measure against peers in the same run."),
}


class _Lazy(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"infra.cli.{COMMANDS[name][0]}")
        command: click.Command = getattr(module, name.replace("import", "import_"))
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            _unknown_command(args[0])


def _unknown_command(name: str) -> NoReturn:
    import difflib

    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else "See 'livecam --help'."
    raise click.UsageError(f"there is no command {name!r}. {hint}")


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(), help="livecam.yaml; LIVECAM_CONFIG names it too.")
def cli(config: str | None) -> None:
    """Footage that is provable, queryable and re-analysable.

    Example: livecam demo --exit
    """
    if config:
        # Children (camera processes, flow runs) find the same file this way.
        os.environ["LIVECAM_CONFIG"] = str(Path(config).absolute())


def say(values: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> None:
    """Print JSON to standard output: one value a line, rows one a line."""
    rows = [values] if isinstance(values, Mapping) else values
    for row in rows:
        click.echo(json.dumps(row, default=str, ensure_ascii=False))


def note(text: str) -> None:
    """Tell a person something: standard error, so that --json stays clean."""
    click.echo(text, err=True)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    """Entry point: errors become one line and exit 1 (2 for wrong words, 130 for Ctrl-C)."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        note("stopped")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except LivecamError as error:
        note(
            f"livecam: {error}"
            + (" (trying again may help)" if isinstance(error, Retryable) else "")
        )
        sys.exit(1)
