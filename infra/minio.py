"""The site's object store: its server's command, and its buckets, users and policies.

All that goes beyond plain S3 is here. On a server without MinIO's admin interface the
buckets are made and the rest is reported as not done.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3
from minio import Minio, MinioAdmin
from minio.commonconfig import ENABLED
from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException, S3Error
from minio.versioningconfig import VersioningConfig

from edge.errors import BadSettings, MissingPart, StoreRefused
from edge.home import Home
from flows.config_file.whole import Config
from flows.store import FOOTAGE, LIVECAM
from flows.store.access import Access, Key, SiteKeys, read_keys, resolve, write_keys, write_secret
from flows.store.s3 import S3Store
from infra import policies
from infra.minio_errors import FOREIGN, from_minio
from infra.minio_lifecycle import end_stale_uploads

ROOT_FILE = "minio-root.json"
HUB, SIGNER, READER, NODE = "livecam-hub", "livecam-signer", "livecam-reader", "livecam-node-"
STALE_UPLOADS_H = 24
STARTING_S = 30


def find_program() -> Path:
    """MinIO's server: on the PATH, or where `make` builds it. Raises MissingPart."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    built = Path(cache) / "livecam" / "bin" / "minio"
    on_path = shutil.which("minio")
    if on_path:
        return Path(on_path)
    if os.access(built, os.X_OK):
        return built
    hint = "'make minio' builds it; or name another server as store.endpoint"
    raise MissingPart("there is no MinIO server on this machine", path=built, hint=hint)


def server_command(
    home: Home, port: int, console_port: int | None = None, host: str = "127.0.0.1"
) -> tuple[list[str], dict[str, str]]:
    """What starts the site's own server: its words, and what its environment must add.

    The root key is made on first use and travels by the environment alone (A2). Without
    `console_port` there is no console.
    """
    root = root_key(home)
    argv = [str(find_program()), "server", str(home.minio), "--quiet"]
    argv += ["--address", f"{host}:{port}"]
    if console_port is not None:
        argv += ["--console-address", f"127.0.0.1:{console_port}"]
    environment = {
        "MINIO_ROOT_USER": root.access_key,
        "MINIO_ROOT_PASSWORD": root.secret_key,
        "MINIO_BROWSER": "off" if console_port is None else "on",
        # A browser at the S3 port is no reason to tell it of the console's.
        "MINIO_BROWSER_REDIRECT": "off",
        "MINIO_UPDATE": "off",
        "MINIO_CALLHOME_ENABLE": "off",
        # MinIO ends stale multiparts by this, not by a bucket's lifecycle.
        "MINIO_API_STALE_UPLOADS_EXPIRY": f"{STALE_UPLOADS_H}h",
        # Deleted bytes lie in its own trash until then, five minutes by default.
        "MINIO_API_DELETE_CLEANUP_INTERVAL": "15s",
        "MINIO_SCANNER_SPEED": "slow",
    }
    return argv, environment


def root_key(home: Home) -> Key:
    """The server's root key: random, made once, kept in `secrets/`."""
    path = home.secrets / ROOT_FILE
    if not path.exists():
        made = {"access_key": f"root-{secrets.token_hex(6)}", "secret_key": _secret()}
        write_secret(path, json.dumps(made))
    try:
        return Key(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        hint = "Restore it from a backup: MinIO keeps its users under this key"
        raise BadSettings("MinIO's root key cannot be read", path=path, hint=hint) from None


def _secret() -> str:
    return secrets.token_urlsafe(30)  # 40 characters, the longest that MinIO takes


def prepare(config: Config, home: Home, endpoint: str | None = None) -> list[str]:
    """Make buckets, users and policies, and prove conditional create; harmless to repeat.

    `endpoint` is the site's own server where the configuration names none. Answers what
    this server could not be made to do, a line each. Raises StoreUnavailable where it does
    not answer, StoreRefused where it denies, or does not hold conditional create.
    """
    owner = Owner.of(config, home, endpoint)
    owner.await_start()
    told = owner.make_buckets()
    told += owner.make_users(config, home)
    S3Store(resolve(config.flows.store, home)).probe()
    return told


def prepare_new(config: Config, home: Home) -> list[str] | None:
    """`prepare` where the configuration names a store that was never used; None elsewhere.

    One whose buckets are gone in part is no new one: it is left for a person to look at.
    """
    if config.flows.store.endpoint is None or not Owner.of(config, home).is_new():
        return None
    return prepare(config, home)


class Owner:
    """The store with its owner's key: root of the site's own server, or the key given."""

    def __init__(self, endpoint: str, region: str, key: Key, *, own: bool) -> None:
        parts = urlsplit(endpoint)
        secure, place = parts.scheme == "https", parts.netloc
        self.endpoint, self.key, self.own = endpoint, key, own
        http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=5, read=30), retries=urllib3.Retry(0)
        )
        self._s3 = Minio(
            place,
            access_key=key.access_key,
            secret_key=key.secret_key,
            secure=secure,
            region=region,
            http_client=http,
        )
        provider = StaticProvider(key.access_key, key.secret_key)
        self._admin = MinioAdmin(
            endpoint=place, credentials=provider, region=region, secure=secure, http_client=http
        )

    @classmethod
    def of(cls, config: Config, home: Home, endpoint: str | None = None) -> Owner:
        """Whoever owns the configured store. Raises BadSettings, MissingPart."""
        settings = config.flows.store
        if settings.kind == "folder":
            hint = "Write store: {kind: s3}; 'livecam up' then runs MinIO"
            raise BadSettings("a folder store has no users and no keys", hint=hint)
        made = read_keys(home)
        here = endpoint or (made.endpoint if made else None)
        if settings.endpoint is None and here is not None:
            return cls(here, settings.region, root_key(home), own=True)
        access: Access = resolve(settings, home)
        return cls(access.endpoint, access.region, access.key, own=False)

    def await_start(self) -> None:
        """Wait while MinIO says that it is starting: it answers as ready before it knows users."""
        deadline = time.monotonic() + STARTING_S
        while time.monotonic() < deadline:
            try:
                self._admin.policy_list()
            except MinioAdminException as error:
                if "NotInitialized" in str(error):
                    time.sleep(0.1)
                    continue
            except urllib3.exceptions.HTTPError:
                pass  # whatever else is wrong, the next call says it better
            return

    def is_new(self) -> bool:
        """Whether the store is known to have neither bucket: nothing was ever kept there."""
        codes = []
        for bucket in (FOOTAGE, LIVECAM):
            try:
                self._s3.get_bucket_versioning(bucket)
            except S3Error as error:
                codes.append(error.code)
            except FOREIGN:
                return False  # whatever is wrong, the store's next use says it better
        return codes == ["NoSuchBucket", "NoSuchBucket"]

    def make_buckets(self) -> list[str]:
        """Both buckets, footage versioned (C1); another's server may keep that to its owner."""
        try:
            with self._calling():
                footage, _ = (self._bucket_versioning(bucket) for bucket in (FOOTAGE, LIVECAM))
                if footage != ENABLED:
                    self._s3.set_bucket_versioning(FOOTAGE, VersioningConfig(ENABLED))
        except StoreRefused:
            if self.own:
                raise
            self._see_buckets()
            return [
                f"store.access_key may not set up buckets: see there that {FOOTAGE} has versions"
            ]
        return [] if self.own else end_stale_uploads(self._s3, self.endpoint, (FOOTAGE, LIVECAM))

    def _see_buckets(self) -> None:
        """Raise StoreRefused where one is missing, or this key may not even list it."""
        hint = f"Make buckets {FOOTAGE} (with versions) and {LIVECAM} there, for this key"
        for bucket in (FOOTAGE, LIVECAM):
            with self._calling():
                try:
                    next(iter(self._s3.list_objects(bucket)), None)
                except S3Error as error:
                    if error.code != "NoSuchBucket":
                        raise
                    raise StoreRefused(f"the store has no bucket {bucket!r}", hint=hint) from None

    def _bucket_versioning(self, bucket: str) -> str:
        """What it is set to, the bucket made where there was none."""
        try:
            # Not bucket_exists: a HEAD cannot say whether bucket or key is what's wrong.
            return str(self._s3.get_bucket_versioning(bucket).status)
        except S3Error as error:
            if error.code != "NoSuchBucket":
                raise
        try:
            self._s3.make_bucket(bucket)
        except S3Error as error:
            if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise
        return "Off"

    def make_users(self, config: Config, home: Home) -> list[str]:
        """The site's users, and a policy a node; keys stay as they were."""
        kept = self._kept(home)
        hub = (kept.hub if kept else Key(HUB, _secret())) if self.own else self.key
        signer = kept.signer if kept else Key(SIGNER, _secret())
        looks = kept.reader if kept else None
        reader = (looks or Key(READER, _secret())) if self.own else None
        try:
            users = self._users()
            # Setting a key costs a second (it travels encrypted): only where it isn't set.
            present = users if kept else {}
            if self.own:
                self._make_user(hub, HUB, policies.hub(), present)
            self._make_user(signer, SIGNER, policies.signer(), present)
            if reader is not None:
                self._make_user(reader, READER, policies.reader(), users if looks else {})
            told = self._make_nodes(config, users)
        except StoreRefused as error:
            if self.own:
                raise
            way = "its owner makes those of nodes, and playback goes by the hub"
            return [f"no users were made on this store: {error.message}; {way}"]
        write_keys(home, SiteKeys(self.endpoint, hub, signer, reader))
        return told

    def _kept(self, home: Home) -> SiteKeys | None:
        """Keys made before for this store; the site's own may have moved to another port."""
        made = read_keys(home)
        if made is None:
            return None
        ours = made.hub.access_key == HUB if self.own else made.endpoint == self.endpoint
        return made if ours else None

    def _make_user(
        self, key: Key, policy_name: str, policy: policies.Policy, present: Mapping[str, object]
    ) -> None:
        with self._calling():
            self._admin.policy_add(policy_name, policy=policy)
            if key.access_key not in present:
                self._admin.user_add(key.access_key, key.secret_key)
            self._admin.policy_set(policy_name, user=key.access_key)

    def make_node(self, config: Config, node: str) -> Key:
        """Make a node's user, or replace its key; it may only create its own objects (A1)."""
        # A new name too, and the old user removed: temporary keys that a user made itself
        # (AssumeRole, which MinIO lets no policy deny) live as long as a user of that name.
        old = [name for name in self._users() if node_of(name) == node]
        key = Key(f"{NODE}{node}.{secrets.token_hex(3)}", _secret())
        self._make_user(key, NODE + node, node_policy(config, node), {})
        with self._calling():
            for name in old:
                self._admin.user_remove(name)
        return key

    def _make_nodes(self, config: Config, users: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Bring every node's policy up to date; one that left the site is locked out."""
        gone = set()
        with self._calling():
            for node in config.nodes:
                self._admin.policy_add(NODE + node, policy=node_policy(config, node))
            for name, user in users.items():
                node = node_of(name)
                if node and node not in config.nodes:
                    self._admin.user_disable(name)
                    gone.add(node)
                elif node and user.get("status") == "disabled":
                    self._admin.user_enable(name)
        return [f"node {n} is not in the configuration: its key is disabled" for n in sorted(gone)]

    def node_users(self) -> dict[str, str]:
        """The nodes that have a key, with its state: enabled or disabled."""
        users = self._users().items()
        return {node_of(name): str(user.get("status")) for name, user in users if node_of(name)}

    def _users(self) -> dict[str, dict[str, Any]]:
        with self._calling():
            users: dict[str, dict[str, Any]] = json.loads(self._admin.user_list())
        return users

    @contextmanager
    def _calling(self) -> Iterator[None]:
        """Raise what the minio package raises as one of ours."""
        try:
            yield
        except FOREIGN as error:
            raise from_minio(error, self.endpoint) from None


def node_of(user: str) -> str:
    """The node whose key a store user's name stands for; "" for any other user."""
    return user.removeprefix(NODE).partition(".")[0] if user.startswith(NODE) else ""


def node_policy(config: Config, node: str) -> policies.Policy:
    """What the configuration lets a node do."""
    return policies.node(node, [c.name for c in config.cameras.values() if c.node == node])
