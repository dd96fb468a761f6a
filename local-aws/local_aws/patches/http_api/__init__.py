"""The data plane of HTTP APIs as in API Gateway: limits, throttling, error bodies, access logs, metrics."""

from local_aws.patches.http_api import dataplane, integration


def install() -> None:
    """Wrap MiniStack's data plane in this one."""
    integration.install()
    dataplane.install()
