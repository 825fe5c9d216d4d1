"""livecam.yaml as commands and the gateway change it: checked whole before it replaces the old."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.camera.assembled import assemble
from edge.clock import SystemClock
from edge.durable import sync_folder, write_all
from edge.errors import BadSettings, LivecamError
from edge.home import Home
from edge.settings import PLACEHOLDER, find_file, parse_document
from flows import deeds
from flows.config_file import whole
from flows.config_file.versions import Version, Versions
from flows.config_file.whole import Config


def load() -> Config:
    """The configuration in force, without its secrets where the environment holds none."""
    file = path()
    return _parsed(_text(file), file)


def change(
    edit: Callable[[str], str],
    camera: str | None = None,
    who: str = "",
    why: str = "edited by hand",
) -> Path:
    """Replace the file by what `edit` makes of its text; the path. Raises BadSettings.

    The new text must be a sound configuration, and `camera` (one that is in it then) one that
    can be meant. The file keeps its mode and owner, a link to it stays a link. It becomes a
    version by `who`; what was edited before without a word becomes one of its own.
    """
    file = path().resolve()
    with _alone(file.parent):
        text = _text(file)
        new = edit(text)
        if new == text:
            return file
        settings = _parsed(new, file)
        one = None if camera is None else settings.cameras[camera]
        if one is not None and not PLACEHOLDER.search(one.source + one.sub):
            assemble(one)
        home = Home.from_environment()
        _keep(home, text)
        _replace(file, new.encode())
        _keep(home, new, who, why)
    return file


def current(home: Home, file: Path) -> Version | None:
    """The version that is in force: what somebody edited by hand becomes one.

    Of a file that is wrong the newest that was sound; None where none ever was.
    """
    file = file.resolve()
    with _alone(file.parent):
        text = _text(file)
        try:
            _parsed(text, file)
        except LivecamError:
            return Versions(home, SystemClock()).newest()
        return _keep(home, text)


def replace(file: Path, edit: Callable[[str], str]) -> bool:
    """Replace a file by what `edit`, which checks it, makes of its text; False where it is that."""
    file = file.resolve()
    with _alone(file.parent):
        text = _text(file)
        new = edit(text)
        if new != text:
            _replace(file, new.encode())
        return new != text


def _keep(home: Home, text: str, who: str = "", why: str = "edited by hand") -> Version:
    kept = Versions(home, SystemClock())
    had = kept.newest()
    version = kept.keep(text, who, why)
    if had is not None and had.number != version.number:
        deeds.tell(home, who, "change configuration", f"version {version.number}: {why}")
    return version


def path() -> Path:
    """The file in force. Raises BadSettings where there is none."""
    file = find_file()
    if file is None:
        raise BadSettings(
            "there is no livecam.yaml here",
            hint="Make one (it may be empty), or name it: livecam --config FILE …",
        )
    return file


def _text(file: Path) -> str:
    """As it stands, with the line ends that it has."""
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"the configuration cannot be read: {error}", path=file) from None


def _parsed(text: str, path: Path) -> Config:
    try:
        return whole.load(parse_document(text, path, lenient=True))
    except LivecamError as error:
        error.path = error.path or str(path)
        raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One change at a time. On the folder: the file itself becomes another."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, data: bytes) -> None:
    had = path.stat()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        write_all(handle, data)
        os.fchmod(handle, had.st_mode & 0o7777)
        if (had.st_uid, had.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(handle, had.st_uid, had.st_gid)
        os.fsync(handle)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise BadSettings(f"it cannot be replaced: {error.strerror}", path=path) from None
    finally:
        os.close(handle)
    sync_folder(path.parent)
