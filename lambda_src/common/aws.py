"""AWS clients: made when first needed, one per service and container, with bounded waits."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session


@cache
def _session() -> Session:
    # botocore, not boto3: boto3's resources and S3 transfers would double the import time.
    return Session()


@cache
def client(
    service: str,
    *,
    connect_timeout: float = 2.0,
    read_timeout: float = 10.0,
    attempts: int = 3,
    region: str | None = None,
    connections: int = 10,
) -> Any:
    """A client of `service`; timeouts in seconds, `attempts` counts the first try. Makes no network call."""
    return _session().create_client(
        service,
        region_name=region,
        config=Config(
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            tcp_keepalive=True,
            max_pool_connections=connections,
        ),
    )


def error_code(error: Exception) -> str:
    """The AWS error code of a botocore ClientError, or "" for any other exception."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
