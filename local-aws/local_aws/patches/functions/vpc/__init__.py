"""Functions in a VPC: what Lambda refuses, the network interfaces that it makes, and how long it holds them."""

from local_aws.patches.functions.vpc import operations, resources


def install() -> None:
    """Wrap Lambda's operations and the function's resource type."""
    operations.install()
    resources.install()
