"""What may be read where: A2, on the logs that stand here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.audit.findings import Finding
from flows.site import Site

# What a signed address always carries (SigV4 query parameters, AWS General Reference).
SIGNED = b"X-Amz-Signature="
# Shorter values are words, not secrets.
SHORTEST = 12


def a2(site: Site) -> Finding:
    """No log holds a secret of this site or a signed address."""
    secrets = [*known_secrets(site), SIGNED]
    logs = [p for p in sorted(site.home.logs.rglob("*")) if p.is_file()]
    keys = tuple(str(p.relative_to(site.home.root)) for p in logs if _holds(p, secrets))
    return Finding(len(logs), keys)


def known_secrets(site: Site) -> Iterator[bytes]:
    """The store's secret keys, from the configuration and from this machine's secrets."""
    if site.settings.store.secret_key is not None:
        yield site.settings.store.secret_key.get_secret_value().encode()
    for path in sorted(site.home.secrets.rglob("*.json")):
        for value in _secrets_in(json.loads(path.read_text())):
            yield value.encode()


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and ("secret" in name or "password" in name):
                yield from [inner] if len(inner) >= SHORTEST else []
            else:
                yield from _secrets_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets_in(inner)


def _holds(path: Path, secrets: list[bytes]) -> bool:
    with path.open("rb") as log:
        return any(secret in line for line in log for secret in secrets)
