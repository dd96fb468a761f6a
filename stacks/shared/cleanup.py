"""Removes what AWS or the pipeline created for a stack, when the stack is destroyed.

A direct custom resource: one small function, no provider framework, no function in another language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from contracts.logs import log_groups
from stacks.deployment import Deployment
from stacks.shared.permissions import allow
from stacks.shared.python_function import PythonFunction, answered_within


class Cleanup(Construct):
    """A custom resource that acts only when it is deleted. Grant its `role` the permissions for its properties."""

    def __init__(
        self, scope: Construct, construct_id: str, *, deployment: Deployment, properties: Mapping[str, Any]
    ) -> None:
        super().__init__(scope, construct_id)
        # The longest that a function may run: a bucket with many objects takes minutes to empty.
        timeout = cdk.Duration.minutes(15)
        self.answered_within = answered_within(timeout)
        self.handler = PythonFunction(
            self,
            "Handler",
            deployment=deployment,
            folder="stack_resources/cleanup",
            description="Removes what deleting the stack would leave behind.",
            environment={},
            timeout=timeout,
        )
        self.role = self.handler.role
        # An update deletes the resources it removes; this one acts only when the stack itself is deleted.
        allow(self.role, "cloudformation:DescribeStacks", on=cdk.Stack.of(self).stack_id)
        self.resource = cdk.CustomResource(
            self,
            "Resource",
            service_token=self.handler.arn,
            service_timeout=self.answered_within,
            resource_type="Custom::Cleanup",
            properties=dict(properties),
        )

    def may_wait_for_interfaces(self) -> None:
        """Allow it to see which network interfaces a VPC has."""
        allow(
            self.role,
            "ec2:DescribeNetworkInterfaces",
            on="*",
            because="EC2's Describe actions take no resource.",
        )

    def may_delete_buckets(self, bucket_arns: Sequence[str]) -> None:
        """Allow it to delete buckets with every version of every object."""
        allow(self.role, "s3:ListBucketVersions", "s3:DeleteBucket", on=bucket_arns)
        allow(
            self.role,
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            on=[f"{arn}/*" for arn in bucket_arns],
            because="A bucket can only be deleted once all of its objects are.",
        )

    def may_remove_models(self, *, group: str, job_prefix: str, parameter: str, parameter_paths: Sequence[str]) -> None:
        """Allow it to remove a group's model packages, the jobs that created them, those jobs' logs, and parameters."""
        stack = cdk.Stack.of(self)
        packages = stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{group}/*")
        allow(
            self.role,
            "sagemaker:DeleteModelPackage",
            on=packages,
            because="Versions of this stack's own group; each has a number that is not known before it is made.",
        )
        groups = stack.format_arn(service="sagemaker", resource="model-package-group", resource_name=group)
        allow(
            self.role,
            "sagemaker:ListModelPackages",
            on=[groups, packages],
            because="Versions of this stack's own group; AWS's own examples name both.",
        )
        allow(
            self.role,
            "sagemaker:DescribeTrainingJob",
            "sagemaker:StopTrainingJob",
            "sagemaker:DeleteTrainingJob",
            on=stack.format_arn(service="sagemaker", resource="training-job", resource_name=f"{job_prefix}*"),
            because="This environment's own jobs; each has the time in its name.",
        )
        allow(self.role, "sagemaker:ListTrainingJobs", on="*", because="Listing training jobs supports no resource.")
        allow(
            self.role,
            "sagemaker:StopTransformJob",
            on=stack.format_arn(service="sagemaker", resource="transform-job", resource_name=f"{job_prefix}*"),
            because="This environment's own jobs; each has the time in its name.",
        )
        allow(self.role, "sagemaker:ListTransformJobs", on="*", because="Listing transform jobs supports no resource.")
        for log_group in (log_groups.TRAINING_JOBS, log_groups.TRANSFORM_JOBS):
            self._may_remove_job_logs(log_group, job_prefix=job_prefix)
        allow(
            self.role,
            "ssm:DeleteParameter",
            on=stack.format_arn(service="ssm", resource="parameter", resource_name=parameter.removeprefix("/")),
        )
        paths = [
            stack.format_arn(service="ssm", resource="parameter", resource_name=path.removeprefix("/"))
            for path in parameter_paths
        ]
        below = [f"{path}/*" for path in paths]
        because = "One for each version of this environment's models, and one for each promotion."
        # The permission reference does not state whether the check is on the path itself or on the parameters below it.
        allow(self.role, "ssm:GetParametersByPath", on=[*paths, *below], because=because)
        allow(self.role, "ssm:DeleteParameter", on=below, because=because)

    def _may_remove_job_logs(self, log_group: str, *, job_prefix: str) -> None:
        stack = cdk.Stack.of(self)
        group = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=log_group,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        because = "SageMaker logs all such jobs of an account in this one group; only our streams are deleted."
        # The permission reference writes a group's ARN without `:*`, the CloudWatch Logs guide with it.
        allow(self.role, "logs:DescribeLogStreams", on=[group, f"{group}:*"], because=because)
        # A stream has its job's name.
        allow(self.role, "logs:DeleteLogStream", on=f"{group}:log-stream:{job_prefix}*", because=because)
