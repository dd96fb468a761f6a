"""A Lambda function of lambda_src, with its own role and log group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.deployment import Deployment
from stacks.shared.acknowledgements import accept, acknowledge
from stacks.shared.log_group import log_group
from stacks.shared.permissions import allow, service_role
from stacks.shared.vpc import run_function_in_vpc

METRICS_NAMESPACE = "Rubric"
# Between CloudFormation's call and the function's start: Lambda queues the call first.
_QUEUED = cdk.Duration.minutes(1)


class PythonFunction(Construct):
    """`lambda_src/<folder>` as a function; its role may only write its own logs at first.

    folder: such as `classify` or `pipeline/gate`; its last part is the name of the function and of its folder in
    build/lambda. layers: with packages of its own. groups: security groups of its own, in a VPC.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        folder: str,
        description: str,
        environment: Mapping[str, str],
        timeout: cdk.Duration,
        memory_mb: int = 256,
        snap_start: bool = False,
        layers: Sequence[lambda_.ILayerVersion] = (),
        groups: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        settings, name = deployment.settings, PurePosixPath(folder).name
        self.log_group = log_group(self, "Logs")
        # No condition on the source: Lambda's guide allows one in trust policies (permissions-managed-policies), and
        # also says that aws:SourceArn is for functions' own policies alone (permissions-source-function-arn).
        self.role = service_role(
            self,
            "Role",
            service="lambda.amazonaws.com",
            description=f"Role of the function {name}.",
            same_account=False,
        )
        allow(self.role, "logs:CreateLogStream", "logs:PutLogEvents", on=self.log_group.log_group_arn)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"lambda_src.{folder.replace('/', '.')}.handler.handler",
            code=lambda_.Code.from_asset(deployment.built("lambda", name)),
            role=self.role,
            log_group=self.log_group,
            memory_size=memory_mb,
            timeout=timeout,
            layers=list(layers) or None,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            # An old version's snapshot costs money as long as it is kept.
            current_version_options=lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.DESTROY),
            environment={
                "ENVIRONMENT": settings.name,
                "LOG_LEVEL": settings.api.log_level,
                "POWERTOOLS_SERVICE_NAME": settings.prefix,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                **environment,
            },
        )
        if deployment.placement is not None:
            run_function_in_vpc(self.function, self.role, placement=deployment.placement, groups=groups)
        accept(
            self.function,
            "L1",
            because="Python 3.13 is maintained until 2029; a newer runtime is a change to test, not a default.",
        )
        if snap_start:
            self._acknowledge_snap_start()

    def _acknowledge_snap_start(self) -> None:
        published = "Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish"
        acknowledge(self.function, published, because="The API calls the alias on its published version.")
        acknowledge(
            self.function,
            "CloudFormation-Validate::E2530",
            because="environments/aws/regions.yaml lists the regions with SnapStart; the CDK's own list is older.",
        )

    @property
    def arn(self) -> str:
        """The function's ARN, without a version."""
        return self.function.function_arn

    def live_alias(self) -> lambda_.Alias:
        """An alias on the version of this very code and configuration."""
        return lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)


def answered_within(timeout: cdk.Duration) -> cdk.Duration:
    """The ServiceTimeout of a custom resource whose function answers before its timeout."""
    return timeout.plus(_QUEUED)
