"""The section `network`: the VPC that functions, jobs and the endpoint run in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from environments.sections.base import Section

VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]{8,17}$")]
SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]{8,17}$")]
RouteTableId = Annotated[str, StringConstraints(pattern=r"^rtb-[0-9a-f]{8,17}$")]
ZoneName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9][a-z]$")]

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html (2026-11-30)
FlowLogDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3653]


class Network(Section):
    """The VPC that functions, jobs and the endpoint run in (docs/network.md)."""

    mode: Literal["none", "private", "existing"] = Field(
        "none",
        description="`none`: the networks of AWS's services, with a way to the internet. `private`: a VPC of the "
        "environment's own, without a way out. `existing`: subnets and security groups that are there already.",
    )
    cidr: str | None = Field(
        None,
        description="The VPC's IPv4 addresses; unset, `10.0.0.0/16`. Only with `private`.",
    )
    zones: Literal[2, 3] | None = Field(
        None, description="Availability zones, each with one subnet; unset, 2. Only with `private`."
    )
    zone_names: list[ZoneName] | None = Field(
        None,
        description="Which zones, such as `us-east-1a`; unset, the first ones that AWS lists for the account. "
        "Only with `private`.",
    )
    flow_log_days: FlowLogDays | None = Field(
        None, description="How long the VPC's flow logs are kept; unset, 30. Only with `private`."
    )
    vpc_id: VpcId | None = Field(None, description="The VPC. Required with `existing`, and only allowed there.")
    subnet_ids: list[SubnetId] | None = Field(
        None,
        description="Two to six of its subnets, in two zones or more. Required with `existing`, and only allowed "
        "there.",
    )
    security_group_ids: list[SecurityGroupId] | None = Field(
        None,
        description="One to five of its security groups, which let HTTPS out to the endpoints. Required with "
        "`existing`, and only allowed there.",
    )
    endpoints: Literal["exist", "create"] | None = Field(
        None,
        description="`exist`: the VPC has the endpoints that are needed, or another way to those services. `create`: "
        "the environment makes its own. Required with `existing`, and only allowed there.",
    )
    route_table_ids: list[RouteTableId] | None = Field(
        None,
        description="The route tables of the subnets, which get the routes to S3 and DynamoDB. Required with "
        "`endpoints: create`, and only allowed there.",
    )

    @property
    def inside(self) -> bool:
        """Whether functions, jobs and the endpoint run in a VPC."""
        return self.mode != "none"

    @property
    def makes_endpoints(self) -> bool:
        """Whether the environment makes VPC endpoints of its own."""
        return self.mode == "private" or self.endpoints == "create"

    @property
    def address_range(self) -> str:
        """`cidr`, or what it is when it is not set."""
        return self.cidr or "10.0.0.0/16"

    @property
    def zone_count(self) -> int:
        """`zones`, or what it is when it is not set."""
        return self.zones or 2

    @property
    def flow_logs_kept_days(self) -> int:
        """`flow_log_days`, or what it is when it is not set."""
        return self.flow_log_days or 30
