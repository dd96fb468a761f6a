"""Builds the lean container's image in the account, for deployers without Docker.

CodeBuild makes it from the uploaded sources; a custom resource of ours holds the stack until the image is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from stacks.deployment import Deployment
from stacks.serving.lean_image import BUILDSPEC, image_tag, repository_name, sources
from stacks.shared.acknowledgements import accept
from stacks.shared.log_group import log_group
from stacks.shared.permissions import allow, keep_waiting, read_asset, read_with_keys, service_role
from stacks.shared.python_function import PythonFunction
from stacks.shared.rule_targets import RuleTargets

# A build takes 2 to 4 minutes.
_BUILD_MINUTES, _QUEUE_MINUTES = 20, 15
_KEPT_IMAGES = 20


class LeanImageBuild(Construct):
    """The repository, the build that fills it, and the custom `resource` that is created once the image exists."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, targets: RuleTargets) -> None:
        super().__init__(scope, construct_id)
        folder = sources(deployment)
        self._name = repository_name(deployment.settings)
        self._sources = assets.Asset(self, "Sources", path=folder)
        self._repository = self._make_repository()
        self._logs = log_group(self, "Logs")
        role = self._make_build_role(keys=deployment.settings.data.read_keys)
        self._project = self._make_project(role)
        handler = self._make_handler(deployment)
        rule = self._make_rule(handler, targets)
        targets.keep_failures(handler)
        self.resource = cdk.CustomResource(
            self,
            "Resource",
            service_token=handler.arn,
            service_timeout=cdk.Duration.minutes(_BUILD_MINUTES + _QUEUE_MINUTES + 5),
            resource_type="Custom::LeanImage",
            properties={"Tag": image_tag(Path(folder))},
        )
        # Also in reverse: on deletion, builds are stopped before their resources are removed.
        self.resource.node.add_dependency(self._repository, self._logs, role, self._project, handler, rule)

    def _make_repository(self) -> ecr.Repository:
        return ecr.Repository(
            self,
            "Repository",
            repository_name=self._name,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            # A stack that is rolled back needs an earlier image.
            lifecycle_rules=[ecr.LifecycleRule(description="The latest images.", max_image_count=_KEPT_IMAGES)],
            empty_on_delete=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

    def _make_build_role(self, *, keys: Sequence[str]) -> iam.Role:
        role = service_role(
            self, "Role", service="codebuild.amazonaws.com", description="What the build of the lean image may do."
        )
        read_asset(role, self._sources)
        read_with_keys(role, keys)
        allow(role, "s3:GetObjectVersion", on=self._sources.bucket.arn_for_objects(self._sources.s3_object_key))
        allow(role, "s3:GetBucketAcl", "s3:GetBucketLocation", on=self._sources.bucket.bucket_arn)
        allow(role, "logs:CreateLogStream", "logs:PutLogEvents", on=self._logs.log_group_arn)
        allow(
            role,
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:CompleteLayerUpload",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
            on=self._repository.repository_arn,
        )
        allow(
            role,
            "ecr:GetAuthorizationToken",
            on="*",
            because="ECR's token is for the account's registry; the action supports no resource.",
        )
        return role

    def _make_project(self, role: iam.Role) -> codebuild.CfnProject:
        """An L1 resource: the L2 lets its role make log groups and report groups, and read the whole uploads bucket."""
        project = codebuild.CfnProject
        made = project(
            self,
            "Project",
            name=self._name,
            description="Builds the lean inference container from the project's sources.",
            service_role=role.role_arn,
            artifacts=project.ArtifactsProperty(type="NO_ARTIFACTS"),
            source=project.SourceProperty(
                type="S3",
                location=f"{self._sources.s3_bucket_name}/{self._sources.s3_object_key}",
                build_spec=BUILDSPEC,
            ),
            environment=project.EnvironmentProperty(
                type="LINUX_CONTAINER",
                compute_type="BUILD_GENERAL1_SMALL",
                image=codebuild.LinuxBuildImage.AMAZON_LINUX_2023_6.image_id,
                privileged_mode=True,
                environment_variables=[
                    project.EnvironmentVariableProperty(name="REPOSITORY_URI", value=self._repository.repository_uri)
                ],
            ),
            logs_config=project.LogsConfigProperty(
                cloud_watch_logs=project.CloudWatchLogsConfigProperty(
                    status="ENABLED", group_name=self._logs.log_group_name
                )
            ),
            timeout_in_minutes=_BUILD_MINUTES,
            queued_timeout_in_minutes=_QUEUE_MINUTES,
        )
        # A build needs the role's permissions, which are a separate resource.
        made.node.add_dependency(role)
        accept(made, "CB3", because="Docker runs in the build container; it needs the privileged mode.")
        accept(made, "CB4", because="The build has no artifacts: it pushes the image to ECR, which encrypts it.")
        return made

    def _make_handler(self, deployment: Deployment) -> PythonFunction:
        handler = PythonFunction(
            self,
            "Handler",
            deployment=deployment,
            folder="stack_resources/build_image",
            description="Starts the build of the lean image and reports its end to CloudFormation.",
            environment={
                "PROJECT_NAME": self._name,
                "REPOSITORY_NAME": self._name,
                "WAITING_PARAMETER": deployment.settings.waiting_parameter("lean-image"),
            },
            timeout=cdk.Duration.minutes(2),  # for an answer that is hard to deliver: it is not asked again
        )
        allow(
            handler.role,
            "codebuild:BatchGetBuilds",
            "codebuild:ListBuildsForProject",
            "codebuild:StartBuild",
            "codebuild:StopBuild",
            on=self._project.attr_arn,
        )
        allow(handler.role, "ecr:DescribeImages", on=self._repository.repository_arn)
        allow(handler.role, "logs:GetLogEvents", on=self._logs.log_group_arn)
        keep_waiting(handler.role, deployment.settings.waiting_parameter("lean-image"))
        return handler

    def _make_rule(self, handler: PythonFunction, targets: RuleTargets) -> events.Rule:
        return events.Rule(
            self,
            "Ended",
            description=f"A build of {self._name} has ended.",
            event_pattern=events.EventPattern(
                source=["aws.codebuild"],
                detail_type=["CodeBuild Build State Change"],
                detail={"project-name": [self._name], "build-status": events.Match.anything_but("IN_PROGRESS")},
            ),
            targets=[targets.function(handler.function)],
        )
