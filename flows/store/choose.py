"""Which store the configuration means."""

from __future__ import annotations

from edge.errors import BadSettings
from edge.home import Home
from flows.settings import StoreSettings
from flows.store import ObjectStore
from flows.store.access import resolve
from flows.store.folder import FolderStore


def open_store(settings: StoreSettings, home: Home) -> ObjectStore:
    """Open it without a word to its server; a folder's buckets are made on the way.

    Raises BadSettings for keys that cannot be meant, MissingPart where the site's own
    server was never started.
    """
    if settings.kind == "s3":
        from flows.store.s3 import S3Store

        return S3Store(resolve(settings, home))
    if settings.endpoint or settings.access_key:
        raise BadSettings("store.endpoint belongs to an S3 store", hint="Write kind: s3")
    store = FolderStore(home.store)
    store.prepare()
    return store
