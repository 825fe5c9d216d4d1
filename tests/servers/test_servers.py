"""MinIO, Chromium and Prefect are the real ones, and answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.client import Config
from botocore.exceptions import ClientError

from tests.servers.minio_server import Minio
from tests.servers.prefect_server import PrefectServer
from tests.servers.process import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SERVED_FLOW = """
from datetime import timedelta
from prefect import flow

@flow
def tick() -> None: ...

if __name__ == "__main__":
    tick.serve(name="often", interval=timedelta(seconds=5), limit=1)
"""


@pytest.fixture
def client(minio: Minio) -> Iterator[Any]:
    made = boto3.client(
        "s3",
        endpoint_url=minio.endpoint,
        aws_access_key_id=minio.access_key,
        aws_secret_access_key=minio.secret_key,
        region_name="us-east-1",
        config=Config(request_checksum_calculation="when_required"),
    )
    yield made
    made.close()


def test_minio_refuses_to_create_an_object_twice(client: Any) -> None:
    client.create_bucket(Bucket="twice")
    client.put_object(Bucket="twice", Key="a", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket="twice", Key="a", Body=b"2", IfNoneMatch="*")


def test_a_stopped_minio_comes_back_on_its_port(own_minio: Minio) -> None:
    own_minio.stop()
    with pytest.raises(httpx.TransportError):
        httpx.get(own_minio.endpoint)
    own_minio.start()
    assert httpx.get(f"{own_minio.endpoint}/minio/health/live").is_success


def test_chromium_draws_a_page(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<p id=there>here</p>")
    assert page.inner_text("#there") == "here"


@pytest.mark.full
def test_an_interval_schedule_fires(prefect_server: PrefectServer, tmp_path: Path) -> None:
    """Beside SQLAlchemy 2.1 the server runs on, and no schedule ever fires."""
    script = tmp_path / "tick.py"
    script.write_text(SERVED_FLOW)
    serving = Server(
        [sys.executable, script], log=tmp_path / "log", environment=prefect_server.environment
    )
    try:
        serving.start(lambda: scheduled_and_completed(prefect_server.url), seconds=240)
    finally:
        serving.stop()


def scheduled_and_completed(url: str) -> list[Any]:
    """The runs of `tick` that a schedule made and that completed."""
    states = {"state": {"type": {"any_": ["COMPLETED"]}}}
    asked = {"flows": {"name": {"any_": ["tick"]}}, "flow_runs": states}
    runs = httpx.post(f"{url}/flow_runs/filter", json=asked).raise_for_status().json()
    return [run for run in runs if run["auto_scheduled"]]
