"""The address ranges of VPCs and subnets.

Sources: VPC user guide, "VPC CIDR blocks" and "Subnet CIDR blocks" (blocks from /16 to /28, host bits are cleared, a
subnet's block is a subset of the VPC's and overlaps no other's); EC2 API reference, "Error codes". MiniStack takes any.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any

from local_aws.patches.ec2.stores import Ec2Error

_WIDEST, _NARROWEST = 16, 28
# The first four addresses of a subnet and its last are AWS's own.
_RESERVED_FIRST = 4


def of_vpc(block: str) -> str:
    """Return a VPC's block as EC2 stores it. Raises Ec2Error."""
    network = _parsed(block)
    if not _WIDEST <= network.prefixlen <= _NARROWEST:
        raise Ec2Error("InvalidVpc.Range", f"The CIDR '{block}' is invalid.")
    return str(network)


def of_subnet(block: str, *, vpc: str, others: Iterable[str]) -> str:
    """Return a subnet's block as EC2 stores it; others: those of the VPC's other subnets. Raises Ec2Error."""
    network, around = _parsed(block), _parsed(vpc)
    if not _WIDEST <= network.prefixlen <= _NARROWEST or not network.subnet_of(around):
        raise Ec2Error("InvalidSubnet.Range", f"The CIDR '{block}' is invalid.")
    if any(network.overlaps(_parsed(other)) for other in others):
        raise Ec2Error("InvalidSubnet.Conflict", f"The CIDR '{block}' conflicts with another subnet")
    return str(network)


def free_address(subnet: dict[str, Any], used: Iterable[str]) -> str:
    """Return an address of a subnet that no interface has. Raises Ec2Error."""
    taken = set(used)
    network = _parsed(subnet["CidrBlock"])
    for host in range(_RESERVED_FIRST, network.num_addresses - 1):
        address = str(network[host])
        if address not in taken:
            return address
    raise Ec2Error(
        "InsufficientFreeAddressesInSubnet",
        f"There are not enough free addresses in subnet '{subnet['SubnetId']}' to satisfy the request.",
    )


def _parsed(block: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(block, strict=False)
    except ValueError:
        raise Ec2Error("InvalidParameterValue", f"Value ({block}) for parameter cidrBlock is invalid.") from None
