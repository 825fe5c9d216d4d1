"""Times on the command line: ISO 8601, UTC where no zone is given."""

from __future__ import annotations

import click

from edge.clock import from_iso


class Moment(click.ParamType[int]):
    """An ISO 8601 day or time as milliseconds since the epoch."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        try:
            return from_iso(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a time; write 2026-11-01T10:00:00Z", param, ctx)
