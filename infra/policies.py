"""Who may do what in the store, as S3 policy documents: pure, so that a test can show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from edge.receipt import INBOX
from edge.segment import VIDEOS
from flows.store import EXPORTS, FOOTAGE, LIVECAM

Policy = dict[str, Any]

# PutObject alone also lets some servers take tags, holds and ACLs with the same PUT.
BESIDE_PUT = (
    "s3:AbortMultipartUpload",
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListMultipartUploadParts",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
)

# Every MinIO user may make itself further keys, which would outlive its own.
NO_FURTHER_KEYS = {"Effect": "Deny", "Action": ["admin:*"]}

# Tags may also come in a header of the PUT itself.
TAGGED = {"ForAnyValue:StringLike": {"s3:RequestObjectTagKeys": ["*"]}}


def node(name: str, cameras: Iterable[str]) -> Policy:
    """A1: create under its own cameras' and its inbox prefix, nothing else."""
    own = [_objects(FOOTAGE, f"{VIDEOS}{camera}/*") for camera in sorted(cameras)]
    everything = [_objects(FOOTAGE, "*"), _objects(LIVECAM, "*")]
    return _policy(
        _allow(["s3:PutObject"], [*own, _objects(LIVECAM, f"{INBOX}{name}/*")]),
        _deny(BESIDE_PUT, everything),
        {**_deny(["s3:PutObject"], everything), "Condition": TAGGED},
        NO_FURTHER_KEYS,
    )


def signer() -> Policy:
    """A2: what signs playback can only GET footage, thumbnails and exports."""
    kept = [_objects(LIVECAM, "thumbnails/*"), _objects(LIVECAM, f"{EXPORTS}*")]
    readable = [_objects(FOOTAGE, f"{VIDEOS}*"), *kept]
    return _policy(_allow(["s3:GetObject", "s3:GetObjectVersion"], readable), NO_FURTHER_KEYS)


def reader() -> Policy:
    """Who looks through MinIO's console may see and fetch everything, and change nothing."""
    buckets = [_bucket(FOOTAGE), _bucket(LIVECAM)]
    return _policy(
        _allow(
            [
                "s3:GetBucketLocation",
                "s3:GetBucketVersioning",
                "s3:ListBucket",
                "s3:ListBucketVersions",
            ],
            buckets,
        ),
        _allow(
            ["s3:GetObject", "s3:GetObjectVersion"],
            [_objects(FOOTAGE, "*"), _objects(LIVECAM, "*")],
        ),
        NO_FURTHER_KEYS,
    )


def hub() -> Policy:
    """Everything inside both buckets, nothing about the buckets themselves."""
    buckets = [_bucket(FOOTAGE), _bucket(LIVECAM)]
    return _policy(
        _allow(["s3:*"], [*buckets, _objects(FOOTAGE, "*"), _objects(LIVECAM, "*")]),
        _deny(
            [
                "s3:DeleteBucket",
                "s3:DeleteBucketPolicy",
                "s3:ForceDeleteBucket",
                "s3:PutBucketPolicy",
                "s3:PutBucketVersioning",
                "s3:PutLifecycleConfiguration",
            ],
            buckets,
        ),
        NO_FURTHER_KEYS,
    )


def _policy(*statements: dict[str, Any]) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _deny(actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": list(resources)}


def _bucket(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def _objects(bucket: str, pattern: str) -> str:
    return f"{_bucket(bucket)}/{pattern}"
