"""Settings of the network that contradict one another, and what AWS does not have in a VPC."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings
    from environments.sections.network import Network

PRIVATE_ONLY = ("cidr", "zones", "zone_names", "flow_log_days")
EXISTING_ONLY = ("vpc_id", "subnet_ids", "security_group_ids", "endpoints", "route_table_ids")
REQUIRED = ("vpc_id", "subnet_ids", "security_group_ids", "endpoints")

# A VPC's IPv4 block is a /16 to a /28 (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html);
# a subnet here is at least a /26, 59 addresses, for the endpoints, the functions and the instances.
LARGEST, SMALLEST = 16, 24
# Of SageMaker's VpcConfig: 16 subnets and 5 security groups; of Lambda's: 16 and 5. Six are the zones of us-east-1.
MOST_SUBNETS, MOST_GROUPS = 6, 5


def problems(settings: Settings) -> Iterator[Problem]:
    """First what belongs to another mode, then values, then what has no place in a VPC."""
    network = settings.network
    yield from _of_another_mode(network)
    yield from _addresses(network)
    yield from _zones(settings)
    yield from _lists(network)
    if network.inside and settings.classifier.trained and settings.serving.mode == "serverless":
        allowed = f"SageMaker has no serverless endpoint in a VPC, and network.mode is {network.mode}: use real-time"
        yield Problem(("serving", "mode"), "serverless", allowed)
    bedrock = settings.classifier.bedrock.region
    if network.makes_endpoints and bedrock not in (None, settings.region):
        allowed = f"a VPC without a way out reaches Bedrock in its own region ({settings.region}) alone: remove it"
        yield Problem(("classifier", "bedrock", "region"), bedrock, allowed)


def _of_another_mode(network: Network) -> Iterator[Problem]:
    for mode, fields in (("private", PRIVATE_ONLY), ("existing", EXISTING_ONLY)):
        for field in fields:
            value = getattr(network, field)
            if value is not None and network.mode != mode:
                allowed = f"it needs network.mode: {mode} (now {network.mode}); change one of the two"
                yield Problem(("network", field), value, allowed)
    if network.mode != "existing":
        return
    for field in REQUIRED:
        if getattr(network, field) is None:
            yield Problem(("network", field), None, "network.mode is existing")
    if network.endpoints == "create" and network.route_table_ids is None:
        allowed = "network.endpoints is create: name the subnets' route tables, for the routes to S3 and DynamoDB"
        yield Problem(("network", "route_table_ids"), None, allowed)
    if network.endpoints == "exist" and network.route_table_ids is not None:
        allowed = "it needs network.endpoints: create (now exist); remove it"
        yield Problem(("network", "route_table_ids"), network.route_table_ids, allowed)


def _addresses(network: Network) -> Iterator[Problem]:
    if network.cidr is None:
        return
    try:
        block = ipaddress.IPv4Network(network.cidr)
    except ValueError:
        allowed = "use a block of IPv4 addresses such as 10.0.0.0/16, with zeros after the prefix"
        yield Problem(("network", "cidr"), network.cidr, allowed)
        return
    if not LARGEST <= block.prefixlen <= SMALLEST:
        yield Problem(("network", "cidr"), network.cidr, f"use a block from /{LARGEST} to /{SMALLEST}")
    elif not block.is_private:
        allowed = "these are public addresses: use a block of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
        yield Problem(("network", "cidr"), network.cidr, allowed)


def _zones(settings: Settings) -> Iterator[Problem]:
    network, names = settings.network, settings.network.zone_names
    if names is None:
        return
    if len(set(names)) != network.zone_count:
        allowed = f"network.zones is {network.zone_count}: name as many different zones"
        yield Problem(("network", "zone_names"), names, allowed)
    elsewhere = next((name for name in names if name[:-1] != settings.region), None)
    if elsewhere is not None:
        yield Problem(("network", "zone_names"), elsewhere, f"it is not a zone of {settings.region}")


def _lists(network: Network) -> Iterator[Problem]:
    most = {"subnet_ids": (2, MOST_SUBNETS), "security_group_ids": (1, MOST_GROUPS), "route_table_ids": (1, 10)}
    for field, (least, limit) in most.items():
        value: list[str] | None = getattr(network, field)
        if value is None:
            continue
        if not least <= len(value) <= limit:
            yield Problem(("network", field), value, f"use {least} to {limit}")
        elif len(set(value)) != len(value):
            yield Problem(("network", field), value, "name each once")
