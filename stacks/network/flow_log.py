"""The VPC's flow log: who talked to whom, and what was refused; never what was said."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from environments.settings import Settings
from stacks.shared.log_group import log_group
from stacks.shared.permissions import allow, service_role


class FlowLog(Construct):
    """A log group of its own, and a role that may write to that group alone."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, vpc_id: str) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        group = log_group(self, "Logs", days=settings.network.flow_logs_kept_days)
        # VPC guide, "flow-logs-iam-role". Without logs:CreateLogGroup: a group that is deleted is not to come back.
        role = service_role(
            self,
            "Role",
            service="vpc-flow-logs.amazonaws.com",
            description="Writes the VPC's flow log.",
            on_behalf_of=stack.format_arn(service="ec2", resource="vpc-flow-log", resource_name="*"),
        )
        allow(role, "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents", on=group.log_group_arn)
        allow(role, "logs:DescribeLogGroups", on="*", because="Flow logs look for their group among all.")
        log = ec2.CfnFlowLog(
            self,
            "Log",
            resource_id=vpc_id,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=group.log_group_name,
            deliver_logs_permission_arn=role.role_arn,
        )
        log.node.add_dependency(role)
