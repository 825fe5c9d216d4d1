"""A bucket's rule that ends incomplete multipart uploads after a day."""

from __future__ import annotations

from minio import Minio
from minio.commonconfig import ENABLED, Filter
from minio.error import S3Error
from minio.lifecycleconfig import AbortIncompleteMultipartUpload, LifecycleConfig, Rule

RULE = "livecam-incomplete-uploads"


def end_stale_uploads(client: Minio, bucket: str) -> bool:
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
