"""`notify:` of livecam.yaml, for the site and for single cameras."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr

from edge.modes.plan import Hours, Mode
from edge.modes.schedule import HoursOfDay, ZoneName
from edge.values import Duration, Section

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_EVERY_DAY = tuple(range(7))


def _address(value: SecretStr) -> SecretStr:
    # The message never shows it: most hold a password.
    if not _ADDRESS.fullmatch(value.get_secret_value()):
        raise ValueError("not an address; write one as apprise does, such as json://host/path")
    return value


Address = Annotated[SecretStr, AfterValidator(_address)]


class NotifySettings(Section):
    """Whom to tell (`urls`, as apprise writes them), and how often at most.

    Of a camera and kind there is one message in `cooldown` (ms). `quiet` are hours without any, of
    `time_zone` ("" is the machine's own). `labels`: which events are worth a message.
    """

    urls: Annotated[tuple[Address, ...], Field(max_length=20)] = ()
    cooldown: Annotated[Duration, Field(ge=0, le=86_400_000)] = 60_000
    quiet: HoursOfDay | None = None
    time_zone: ZoneName = ""
    labels: tuple[str, ...] = ("person",)

    def is_quiet(self, utc_ms: int) -> bool:
        """Whether a moment lies in the quiet hours."""
        if self.quiet is None:
            return False
        zone = ZoneInfo(self.time_zone) if self.time_zone else None
        when = datetime.fromtimestamp(utc_ms / 1000, zone)
        start, end = self.quiet
        hours = Hours(days=_EVERY_DAY, from_min=start, to_min=end, mode=Mode.OFF)
        return hours.hold(when.weekday(), when.hour * 60 + when.minute)


def as_mapping(value: object) -> object:
    """`notify: [json://host]` is short for `notify: {urls: [json://host]}`."""
    return {"urls": value} if isinstance(value, list | tuple) else value or {}
