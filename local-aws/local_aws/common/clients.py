"""boto3 clients for the local AWS itself, used where work goes through its public API."""

import functools
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from local_aws import access_key
from local_aws.common import scope
from local_aws.gate import credentials

_lock = threading.Lock()
_of_roles: dict[tuple[str, str, str], Any] = {}
_CONFIG = Config(
    max_pool_connections=16, retries={"mode": "standard", "max_attempts": 5}, s3={"addressing_style": "path"}
)


def s3() -> Any:
    """Return an S3 client for the current account and region; threads share clients."""
    return client("s3")


def client(service: str) -> Any:
    """Return a client for the current account and region; threads share clients."""
    account, region = scope.current()
    with _lock:
        return _client(service, account, region)


def s3_of_role(role_arn: str, watch: Callable[[Any], None]) -> Any:
    """Return an S3 client like `s3()`, but for one role; `watch` is called with it once, before its first use."""
    account, region = scope.current()
    with _lock:
        key = (role_arn, account, region)
        if key not in _of_roles:
            _of_roles[key] = _make("s3", account, region)
            watch(_of_roles[key])
        return _of_roles[key]


@functools.cache
def _client(service: str, account: str, region: str) -> Any:
    return _make(service, account, region)


def _make(service: str, account: str, region: str) -> Any:
    return boto3.session.Session().client(
        service,
        endpoint_url=f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '4566')}",
        region_name=region,
        aws_access_key_id=credentials.of_account(account),
        aws_secret_access_key=access_key.SECRET,
        config=_CONFIG,
    )


def await_gateway(*, seconds: float = 60.0) -> None:
    """Wait for the server's port, which opens last: after a restart, models are fetched through it."""
    address = ("127.0.0.1", int(os.environ.get("GATEWAY_PORT", "4566")))
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(address, timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
