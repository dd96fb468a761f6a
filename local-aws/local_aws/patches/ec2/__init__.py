"""EC2's private networks: what it refuses, the network interfaces that services make, and missing resource types."""

from local_aws.patches.ec2 import operations, resources, services


def install() -> None:
    """Wrap MiniStack's operations and resource types."""
    services.install()
    operations.install()
    resources.install()
