"""The adapter to apprise, which knows how each service is told. Addresses appear in no log."""

from __future__ import annotations

import hashlib
import logging
import warnings

from pydantic import SecretStr

from edge.errors import BadSettings, Retryable
from flows.notify.words import Words

_PICTURE = "picture.jpg"


def digest_of(address: SecretStr) -> str:
    """By which an address is remembered without being written down."""
    return hashlib.sha256(address.get_secret_value().encode()).hexdigest()[:16]


def service_of(address: SecretStr) -> str:
    """What may be shown of it: `json`, `ntfys`."""
    return address.get_secret_value().partition("://")[0].lower()


def send(address: SecretStr, words: Words, jpeg: bytes | None = None) -> None:
    """Tell one address. Raises Retryable where that fails, BadSettings for what is none."""
    # Half a second of imports, which only who sends pays. They log whole addresses.
    import apprise
    from apprise.attachment.memory import AttachMemory

    for name, level in {"apprise": logging.CRITICAL + 1, "urllib3": logging.ERROR}.items():
        logging.getLogger(name).setLevel(level)
    told = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
    service = service_of(address)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first address makes it import a hundred services
        known = told.add(address.get_secret_value())
    if not known:
        raise BadSettings(f"{service}: apprise knows no such address")
    attach = None
    if jpeg is not None:
        attach = AttachMemory(jpeg, name=_PICTURE, mimetype="image/jpeg")  # type: ignore[no-untyped-call]
    try:
        done = told.notify(body=words.text or words.title, title=words.title, attach=attach)
    except Exception:  # noqa: BLE001  of a hundred services' code; what it says may be the address
        done = False
    if not done:
        raise Retryable(f"{service}: it could not be told")
