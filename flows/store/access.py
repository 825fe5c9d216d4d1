"""How an S3 store is reached, and the keys that a site made for itself.

`secrets/store.json`, written by `infra/minio.py` and readable by the owner only, holds the
endpoint, the hub's key, the GET-only key that signs playback (A2), and for the site's own MinIO
the read-only key by which administrators see its console.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import BadSettings, MissingPart
from edge.home import Home
from flows.settings import StoreSettings

FILE = "store.json"


@dataclass(frozen=True, slots=True)
class Key:
    """A store user's key; its secret stays out of every repr."""

    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SiteKeys:
    """What a site keeps in `secrets/store.json`."""

    endpoint: str
    hub: Key
    signer: Key
    reader: Key | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """All that opening an S3 store takes. `signer` is None where only own keys are known."""

    endpoint: str
    public_endpoint: str
    region: str
    key: Key
    signer: Key | None = None


def read_keys(home: Home) -> SiteKeys | None:
    """The site's own keys; None where none were made. Raises BadSettings for a torn file."""
    path = home.secrets / FILE
    try:
        values = json.loads(path.read_text())
        hub, signer = Key(**values["hub"]), Key(**values["signer"])
        reader = Key(**values["reader"]) if values.get("reader") else None
        return SiteKeys(values["endpoint"], hub, signer, reader)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        hint = "Remove it; 'livecam up' makes it anew"
        raise BadSettings("the site's store keys cannot be read", path=path, hint=hint) from None


def console_of(home: Home) -> str | None:
    """Where the console of the site's own MinIO answers on this machine; None while none runs."""
    try:
        found = json.loads((home.run / "minio.json").read_text())["console"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def write_keys(home: Home, keys: SiteKeys) -> None:
    """Keep the site's keys, mode 0600, never half written."""
    write_secret(home.secrets / FILE, json.dumps(asdict(keys)))


def write_secret(path: Path, text: str) -> None:
    """Replace a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # 0600 from its first moment
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(temporary).replace(path)


def resolve(settings: StoreSettings, home: Home) -> Access:
    """Where the store is and with which keys: the file's own, or those the site made.

    Raises BadSettings for half of a pair, MissingPart where no store was ever started.
    """
    made = read_keys(home)
    endpoint = _endpoint(settings, made)
    key = _key(settings, made)
    return Access(
        endpoint=endpoint,
        public_endpoint=_checked(settings.public_endpoint or endpoint, "store.public_endpoint"),
        region=settings.region,
        key=key,
        signer=made.signer if made and made.endpoint == endpoint else None,
    )


def _endpoint(settings: StoreSettings, made: SiteKeys | None) -> str:
    if settings.endpoint:
        return _checked(settings.endpoint, "store.endpoint")
    if made:
        return made.endpoint
    hint = "'livecam up' starts it; a node's copy of livecam.yaml names store.endpoint"
    raise MissingPart("the site's own object store was never started here", hint=hint)


def _key(settings: StoreSettings, made: SiteKeys | None) -> Key:
    if settings.access_key and settings.secret_key:
        return Key(settings.access_key, settings.secret_key.get_secret_value())
    if settings.access_key or settings.secret_key:
        raise BadSettings("store.access_key and store.secret_key go together")
    if made and made.endpoint == (settings.endpoint or made.endpoint):
        return made.hub
    hint = "Write store.access_key and store.secret_key; '{NAME}' takes one from the environment"
    raise BadSettings("store.endpoint has no keys", hint=hint)


def _checked(url: str, where: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise BadSettings(f"{where} is no address", hint="Write http(s)://host:port")
    return url.rstrip("/")
