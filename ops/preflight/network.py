"""The network of `network.mode: existing`: whether its subnets, groups and endpoints can be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from environments.aws.vpc_endpoints import Endpoint
from environments.reached import endpoints
from environments.settings import Settings
from ops.preflight.finding import Finding, Verdict

EXISTING = (
    "ec2:DescribeRouteTables, ec2:DescribeSecurityGroups, ec2:DescribeSubnets, ec2:DescribeVpcAttribute and "
    "ec2:DescribeVpcEndpoints"
)
# Beside the endpoints: an interface of Lambda's and one of SageMaker's, and two addresses an instance (SageMaker
# developer guide, "train-vpc"), twice during a rollout.
_BESIDE = 2


def finding(verdict: Verdict, what: str, todo: str = "") -> Finding:
    """A finding about the network."""
    return Finding(area="network", verdict=verdict, what=what, todo=todo)


def existing(client: Any, *, settings: Settings) -> list[Finding]:
    """What is wrong with the VPC, subnets and groups that the settings name, or one finding that all is well.

    Reads only. Raises ClientError.
    """
    subnets = _described(client, "describe_subnets", "Subnets", "subnet-id", settings.network.subnet_ids or [])
    groups = _described(
        client, "describe_security_groups", "SecurityGroups", "group-id", settings.network.security_group_ids or []
    )
    found = [
        *_missing("network.subnet_ids", settings.network.subnet_ids or [], (each["SubnetId"] for each in subnets)),
        *_missing("network.security_group_ids", settings.network.security_group_ids or [], map(_group_id, groups)),
        *_other_vpc(subnets, groups, settings=settings),
        *_zones(subnets, settings=settings),
        *_addresses(subnets, settings=settings),
    ]
    if found:
        return found
    found = [*_endpoints(client, subnets=subnets, settings=settings)]
    return found or [finding("ok", f"{settings.network.vpc_id} has subnets, groups and what they need to reach")]


def _group_id(group: dict[str, Any]) -> str:
    return str(group["GroupId"])


def _described(client: Any, operation: str, key: str, name: str, values: Iterable[str]) -> list[dict[str, Any]]:
    """By a filter: an id that does not exist is then left out instead of an error."""
    pages = client.get_paginator(operation).paginate(Filters=[{"Name": name, "Values": list(values)}])
    return [each for page in pages for each in page[key]]


def _missing(setting: str, wanted: Iterable[str], there: Iterable[str]) -> Iterator[Finding]:
    known = set(there)
    for each in wanted:
        if each not in known:
            yield finding("refused", f"{setting}: there is no {each} in the account and region", "correct the id")


def _other_vpc(subnets: list[dict[str, Any]], groups: list[dict[str, Any]], *, settings: Settings) -> Iterator[Finding]:
    vpc = settings.network.vpc_id
    for setting, each, name in (
        *(("network.subnet_ids", subnet, subnet["SubnetId"]) for subnet in subnets),
        *(("network.security_group_ids", group, group["GroupId"]) for group in groups),
    ):
        if each["VpcId"] != vpc:
            what = f"{setting}: {name} is in {each['VpcId']}, and network.vpc_id is {vpc}"
            yield finding("refused", what, "name subnets and security groups of one VPC")


def _zones(subnets: list[dict[str, Any]], *, settings: Settings) -> Iterator[Finding]:
    zones = [each["AvailabilityZone"] for each in subnets]
    if len(subnets) > 1 and len(set(zones)) == 1:
        what = f"network.subnet_ids: all are in {zones[0]}; a model needs two zones, and one may fail"
        yield finding("refused", what, "name subnets of two zones or more")
    elif settings.network.makes_endpoints and len(set(zones)) < len(zones):
        twice = sorted({zone for zone in zones if zones.count(zone) > 1})
        what = f"network.subnet_ids: two are in {twice[0]}; an interface endpoint takes one subnet in each zone"
        yield finding("refused", what, "name one subnet for each zone, or set network.endpoints to exist")


def addresses_needed(settings: Settings) -> int:
    """Free addresses that each subnet should have at least, if one zone had to take everything."""
    interfaces = [each for each in endpoints(settings) if not each.gateway]
    needed = _BESIDE + (len(interfaces) if settings.network.makes_endpoints else 0)
    if settings.classifier.trained:
        most = settings.serving.most_instances
        needed += 2 * (settings.training.instance_count + 2 * most + settings.ab_tests.challenger_instances)
    return needed


def _addresses(subnets: list[dict[str, Any]], *, settings: Settings) -> Iterator[Finding]:
    needed = addresses_needed(settings)
    for each in subnets:
        free = each["AvailableIpAddressCount"]
        if free < needed:
            what = f"network.subnet_ids: {each['SubnetId']} has {free} free addresses, and {needed} may be needed"
            yield finding("refused", what, "use a larger subnet, or fewer instances")


def _endpoints(client: Any, *, subnets: list[dict[str, Any]], settings: Settings) -> Iterator[Finding]:
    vpc = str(settings.network.vpc_id)
    there = {each["ServiceName"]: each for each in _described(client, *_ENDPOINTS, [vpc]) if _usable(each)}
    needed = {_service(each, settings): each for each in sorted(endpoints(settings))}
    if settings.network.makes_endpoints:
        yield from _in_the_way(there, needed)
        yield from _dns(client, vpc=vpc)
        return
    if _leads_out(client, subnets=subnets, vpc=vpc):
        yield finding("ok", f"{vpc}: the subnets have a way out, so no endpoint is needed; traffic may leave AWS")
        return
    missing = [name for name in needed if name not in there]
    if missing:
        todo = "make them, or set network.endpoints to create"
        what = f"{vpc} has no endpoint for {', '.join(missing)}, and the subnets have no way out"
        yield finding("refused", what, todo)
    for name, endpoint in needed.items():
        if name in there and not endpoint.gateway and not there[name].get("PrivateDnsEnabled"):
            what = f"{vpc}: private DNS is off for {there[name]['VpcEndpointId']} ({name}): the SDKs do not find it"
            yield finding(
                "refused",
                what,
                f"aws ec2 modify-vpc-endpoint --private-dns-enabled --vpc-endpoint-id {there[name]['VpcEndpointId']}",
            )


_ENDPOINTS = ("describe_vpc_endpoints", "VpcEndpoints", "vpc-id")


def _usable(endpoint: dict[str, Any]) -> bool:
    return str(endpoint.get("State", "")).lower() == "available"


def _service(endpoint: Endpoint, settings: Settings) -> str:
    return f"com.amazonaws.{settings.region}.{endpoint.name}"


def _in_the_way(there: dict[str, dict[str, Any]], needed: dict[str, Endpoint]) -> Iterator[Finding]:
    """Two endpoints cannot have the same host names in one VPC, nor two gateways one route table."""
    for name in needed:
        if name in there and (there[name].get("PrivateDnsEnabled") or there[name].get("RouteTableIds")):
            what = f"network.endpoints is create, but the VPC has {there[name]['VpcEndpointId']} for {name} already"
            yield finding("refused", what, "set network.endpoints to exist and make those that are missing yourself")


def _dns(client: Any, *, vpc: str) -> Iterator[Finding]:
    """Private DNS needs both attributes of the VPC (VPC guide, "vpc-dns")."""
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = client.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
        if not answer[attribute[0].upper() + attribute[1:]]["Value"]:
            what = f"{vpc}: {attribute} is off, which the endpoints' private DNS needs"
            option = {"enableDnsSupport": "--enable-dns-support", "enableDnsHostnames": "--enable-dns-hostnames"}
            yield finding("refused", what, f"aws ec2 modify-vpc-attribute --vpc-id {vpc} {option[attribute]}")


def _leads_out(client: Any, *, subnets: list[dict[str, Any]], vpc: str) -> bool:
    """Whether each subnet has a route to everywhere, by its own table or the VPC's main one."""
    tables = _described(client, "describe_route_tables", "RouteTables", "vpc-id", [vpc])
    by_subnet = {
        link.get("SubnetId"): table for table in tables for link in table.get("Associations", ())
    }  # the main table's link has no subnet
    return all(_everywhere(by_subnet.get(each["SubnetId"]) or by_subnet.get(None) or {}) for each in subnets)


def _everywhere(table: dict[str, Any]) -> bool:
    return any(
        route.get("DestinationCidrBlock") == "0.0.0.0/0" and route.get("State") == "active"
        for route in table.get("Routes", ())
    )
