"""The data plane of HTTP APIs as API Gateway has it: limits, throttling, error bodies, access logs, metrics."""

from local_aws.patches.http_api import dataplane, integration


def install() -> None:
    """Install the data plane around MiniStack's own."""
    integration.install()
    dataplane.install()
