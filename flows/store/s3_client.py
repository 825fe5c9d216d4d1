"""The one file that knows boto3: an S3 client, and what its failures mean.

Its own retries are off: a conditional PUT whose reply was lost and which boto3 repeats would
answer 412 for the very object it just made. The caller tries again, and reads
`ObjectExists` as what it is (E2).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from edge.errors import LivecamError, StoreRefused, StoreUnavailable
from flows.store.access import Key
from flows.store.errors import from_code

CONNECT_S, READ_S = 5, 60
FOREIGN = (ClientError, BotoCoreError)
UNANSWERED = (HTTPClientError, BotoConnectionError, IncompleteReadError)


def connect(endpoint: str, region: str, key: Key) -> Any:
    """A client for threads to share; raises only `FOREIGN`."""
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=32,
        signature_version="s3v4",
        # Older servers refuse the checksums that boto3 would add; the SHA-256 that we send
        # is itself signed, so hashing the payload a second time would prove nothing.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path", "payload_signing_enabled": False},
    )
    return _session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        config=config,
    )


@cache
def _session() -> Any:
    # One a process: it holds the parsed description of S3's interface, which takes 0.3 s.
    return boto3.session.Session()


def code_of(error: Exception) -> str:
    """The S3 error code of a reply; "" for anything else."""
    if not isinstance(error, ClientError):
        return ""
    return str(error.response.get("Error", {}).get("Code", ""))


def cut_short(error: Exception) -> bool:
    """Whether the server began to answer a read, and could not go on."""
    broken = isinstance(error, IncompleteReadError | ResponseStreamingError)
    return broken or code_of(error) == "SlowDownRead"


def from_boto(error: Exception, endpoint: str, bucket: str, key: str) -> LivecamError:
    """A client's failure as one of ours; never the foreign words, which may hold an address."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return from_code(code_of(error), status, bucket, key)
    name = type(error).__name__
    if isinstance(error, UNANSWERED):
        hint = "Is it running, and is store.endpoint right? 'livecam up' starts the site's own"
        return StoreUnavailable(
            f"the store at {endpoint} does not answer: {name}", key=key, hint=hint
        )
    return StoreRefused(f"the store's client refused: {name}", key=key)
