"""The error tree: every failure is Retryable or Permanent, and carries its facts.

LivecamError
├── Retryable                  the same call may succeed later
│   ├── CameraUnreachable      cannot be opened, or the connection ended
│   ├── CameraFrozen           connected, but nothing arrives
│   ├── StoreUnavailable       no answer, time-out, 5xx, throttled
│   ├── CommitConflict         another writer came first; fold again
│   └── SpoolFull              no space left on the spool's disk
└── Permanent                  the same call will fail again
    ├── BadSettings            configuration that cannot be meant
    ├── BadName                not a camera, node, file name or key of ours
    ├── BadMedia               not footage that can be read
    ├── BadModel               not the model it claims to be
    ├── BadClaim               a receipt that its object contradicts (C6)
    ├── StoreRefused           access denied, bucket missing, no conditional create
    ├── ObjectExists           a create found the name taken (C1)
    ├── ObjectMissing          no such object or version
    ├── Damaged                bytes that do not match their digest
    ├── TooMuch                a deletion above its cap (D2)
    └── MissingPart            something to install or start is not there
"""

from __future__ import annotations

from pathlib import Path


class LivecamError(Exception):
    """A failure with its facts as fields; `str()` is one line for a person."""

    def __init__(
        self,
        message: str,
        *,
        camera: str | None = None,
        key: str | None = None,
        path: Path | str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.camera = camera
        self.key = key
        self.path = str(path) if path is not None else None
        self.hint = hint

    def __str__(self) -> str:
        facts = ((n, getattr(self, n)) for n in ("camera", "key", "path"))
        told = [f"{name} {value}" for name, value in facts if value and value not in self.message]
        text = self.message + (f" ({', '.join(told)})" if told else "")
        return f"{text}. {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders (camera processes, flow runs) by pickle.
        return (_rebuild, (type(self), self.message, self.camera, self.key, self.path, self.hint))


def _rebuild(
    kind: type[LivecamError],
    message: str,
    camera: str | None,
    key: str | None,
    path: str | None,
    hint: str | None,
) -> LivecamError:
    return kind(message, camera=camera, key=key, path=path, hint=hint)


class Retryable(LivecamError):
    """The same call may succeed later."""


class Permanent(LivecamError):
    """The same call will fail again."""


class CameraUnreachable(Retryable):
    """The camera cannot be opened, or its connection ended."""


class CameraFrozen(Retryable):
    """The camera is connected, but nothing arrives."""


class StoreUnavailable(Retryable):
    """The store gave no answer, timed out, failed (5xx) or asked to slow down."""


class CommitConflict(Retryable):
    """Another writer committed first; folding again is safe."""


class SpoolFull(Retryable):
    """No space is left on the spool's disk."""


class BadSettings(Permanent):
    """Configuration that cannot be meant."""


class BadName(Permanent):
    """Not a camera, node, file name or object key of ours."""


class BadMedia(Permanent):
    """Not footage that can be read."""


class BadModel(Permanent):
    """Not the model it claims to be."""


class BadClaim(Permanent):
    """A receipt that its object contradicts (C6)."""


class StoreRefused(Permanent):
    """Access denied, bucket missing, or a store without conditional create."""


class ObjectExists(Permanent):
    """A create found the name taken (C1)."""


class ObjectMissing(Permanent):
    """No such object, or no such version of it."""


class Damaged(Permanent):
    """Bytes that do not match their digest."""


class TooMuch(Permanent):
    """A deletion above its cap, or under a clock that cannot be trusted (D2)."""


class MissingPart(Permanent):
    """Something that must be installed or started is not there."""
