"""The rule of a bucket on another's server that ends incomplete uploads after a day."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.error import S3Error
from minio.lifecycleconfig import AbortIncompleteMultipartUpload, LifecycleConfig, Rule

TIMEOUT_S = 5
RULE = "livecam-incomplete-uploads"


def end_stale_uploads(client: Minio, endpoint: str, buckets: Sequence[str]) -> list[str]:
    """Add the rule to each; what to tell where the server takes none and has no time of its own."""
    refused = [bucket for bucket in buckets if not _add_rule(client, bucket)]
    if not refused or _is_minio(endpoint):
        return []
    return [f"bucket {' and '.join(refused)} took no rule that ends incomplete uploads after a day"]


def _is_minio(endpoint: str) -> bool:
    """MinIO takes no such rule: it ends them after 24 h by itself."""
    try:
        reply = httpx.get(endpoint, timeout=TIMEOUT_S, trust_env=False)
    except httpx.TransportError:
        return False
    return str(reply.headers.get("server")).startswith("MinIO")


def _add_rule(client: Minio, bucket: str) -> bool:
    """Add the rule to the bucket's own; False where the server takes none."""
    try:
        present = client.get_bucket_lifecycle(bucket)
        rules = [rule for rule in (present.rules if present else []) if rule.rule_id != RULE]
        client.set_bucket_lifecycle(bucket, LifecycleConfig([*rules, _rule()]))
    except S3Error:
        return False
    return True


def _rule() -> Rule:
    return Rule(
        ENABLED,
        rule_filter=Filter(prefix=""),
        rule_id=RULE,
        abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(days_after_initiation=1),
    )
