"""The network of `network.mode: private`, and the endpoints that an environment makes: quotas, zones, changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from environments.reached import endpoints
from environments.settings import Settings
from ops.preflight.finding import Finding
from ops.preflight.network import finding

OWN = "ec2:DescribeSubnets and ec2:DescribeVpcs"
SERVICES = "ec2:DescribeAvailabilityZones and ec2:DescribeVpcEndpointServices"


def own(client: Any, *, settings: Settings) -> list[Finding]:
    """Changes that the environment's deployed VPC cannot follow. Reads only. Raises ClientError."""
    network = settings.network
    vpcs = _pages(client, "describe_vpcs", "Vpcs", _tags(settings))
    for vpc in vpcs:
        if vpc["CidrBlock"] != network.address_range:
            what = f"network.cidr: {network.address_range} is not allowed; the deployed {vpc['VpcId']} has "
            what += f"{vpc['CidrBlock']}, and a VPC keeps its addresses"
            return [finding("refused", what, f"use {vpc['CidrBlock']}, or destroy the environment first")]
        subnets = _pages(client, "describe_subnets", "Subnets", [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
        if len(subnets) > network.zone_count:
            what = (
                f"network.zones: {network.zone_count} is not allowed; functions and models use {len(subnets)} subnets"
            )
            return [finding("refused", what, f"use {len(subnets)}, or destroy the environment first")]
    said = f"{vpcs[0]['VpcId']} stays as it is" if vpcs else f"a VPC with {network.address_range} will be made"
    return [finding("ok", said)]


def vpcs_wanted(client: Any, *, settings: Settings) -> int:
    """How many VPCs the region has after a deploy."""
    there = _pages(client, "describe_vpcs", "Vpcs", [])
    mine = _pages(client, "describe_vpcs", "Vpcs", _tags(settings))
    return len(there) + (0 if mine else 1)


def quotas(ec2: Any, service_quotas: Any, *, settings: Settings) -> list[Finding]:
    """Whether another VPC fits (VPC guide, "amazon-vpc-limits"). Reads only. Raises ClientError."""
    wanted = vpcs_wanted(ec2, settings=settings)
    quota = service_quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-F678F1CE")["Quota"]
    allowed = int(quota["Value"])
    if wanted <= allowed:
        return [finding("ok", f"VPCs per Region: {allowed}")]
    todo = (
        "delete one, or aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-F678F1CE "
    )
    todo += f"--desired-value {wanted} --region {settings.region}"
    return [finding("refused", f"VPCs per Region: {allowed}, but {wanted} needed", todo)]


def services(client: Any, *, settings: Settings) -> list[Finding]:
    """Whether the region has each endpoint service in the zones. Reads only. Raises ClientError."""
    return [*_services(client, settings=settings)] or [
        finding("ok", f"{len(endpoints(settings))} endpoint services are in the zones")
    ]


def _services(client: Any, *, settings: Settings) -> Iterator[Finding]:
    names = [f"com.amazonaws.{settings.region}.{each.name}" for each in sorted(endpoints(settings))]
    wanted = [{"Name": "service-name", "Values": names}]
    # No paginator in botocore: the answer has all of a filter's services at once, or a token.
    found: dict[str, dict[str, Any]] = {}
    token: dict[str, str] = {}
    while True:
        answer = client.describe_vpc_endpoint_services(Filters=wanted, **token)
        found |= {each["ServiceName"]: each for each in answer["ServiceDetails"]}
        if not answer.get("NextToken"):
            break
        token = {"NextToken": answer["NextToken"]}
    missing = [name for name in names if name not in found]
    if missing:
        what = f"{settings.region} has no endpoint service {', '.join(missing)}"
        yield finding("refused", what, "use another region, or network.mode existing with a way out")
    for name in found:
        if not found[name].get("VpcEndpointPolicySupported", True):
            yield finding("refused", f"{name} takes no endpoint policy", "report it: the stack gives it one")
    yield from _zones(client, found, settings=settings)


def _zones(client: Any, found: dict[str, dict[str, Any]], *, settings: Settings) -> Iterator[Finding]:
    if settings.network.mode != "private":
        return
    listed = client.describe_availability_zones(Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}])
    names = sorted(each["ZoneName"] for each in listed["AvailabilityZones"])
    zones = settings.network.zone_names or names[: settings.network.zone_count]
    for zone in zones:
        if zone not in names:
            yield finding("refused", f"network.zone_names: the account has no {zone}", f"use {', '.join(names)}")
            continue
        lacking = [name for name, each in sorted(found.items()) if zone not in each.get("AvailabilityZones", names)]
        if lacking:
            others = [each for each in names if each != zone]
            todo = f"choose the zones in network.zone_names, of {', '.join(others)}"
            yield finding("refused", f"{zone} has no {', '.join(lacking)}", todo)


def price(settings: Settings) -> Finding:
    """What is not known here: no dated list of AWS's prices for endpoints can be read without an account."""
    interfaces = [each for each in endpoints(settings) if not each.gateway]
    zones = len(settings.network.subnet_ids or []) or settings.network.zone_count
    what = (
        f"{len(interfaces)} interface endpoints in {zones} zones cost by the hour and GB; the price is not known here"
    )
    return finding("unknown", what, "https://aws.amazon.com/privatelink/pricing/")


def _tags(settings: Settings) -> list[dict[str, Any]]:
    return [
        {"Name": "tag:project", "Values": [settings.project]},
        {"Name": "tag:environment", "Values": [settings.name]},
    ]


def _pages(client: Any, operation: str, key: str, filters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pages = client.get_paginator(operation).paginate(Filters=filters)
    return [each for page in pages for each in page[key]]
