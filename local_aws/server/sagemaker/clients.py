"""boto3 clients of the local AWS itself, for the work that goes over its public API."""

import functools
import os
import threading
from typing import Any

import boto3
from botocore.config import Config

from local_aws.server.sagemaker import scope

_lock = threading.Lock()
_CONFIG = Config(
    max_pool_connections=16, retries={"mode": "standard", "max_attempts": 5}, s3={"addressing_style": "path"}
)


def s3() -> Any:
    """An S3 client for the current account and region; clients are shared between threads."""
    return client("s3")


def client(service: str) -> Any:
    """A client for the current account and region; clients are shared between threads."""
    account, region = scope.current()
    with _lock:
        return _client(service, account, region)


@functools.cache
def _client(service: str, account: str, region: str) -> Any:
    return boto3.session.Session().client(
        service,
        endpoint_url=f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '4566')}",
        region_name=region,
        # MiniStack takes an access key of twelve digits for the account.
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=_CONFIG,
    )
