"""The delivery stack of an account: who may deploy, and what a deploy may do there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.deployment.delivery import (
    BOOTSTRAP_COMMAND,
    CHECK_ROLE_ARN,
    DEPLOY_ROLE_ARN,
    DIFF_ROLE_ARN,
    DIFF_SUBJECT,
    DRIFT_ROLE_ARN,
    ENVIRONMENT_SUBJECT,
    EXECUTION_POLICY_ARNS,
    PLAN_ROLE_ARN,
    PROVIDER_ARN,
    WATCHING,
    in_region,
    output,
    planning,
)
from delivery.execution.boundary import environment_boundary, execution_boundary
from delivery.execution.documents import written
from delivery.execution.policies import execution_policies, names_of
from delivery.execution.templates import Environment
from delivery.place import Place
from delivery.roles import check, deploy, diff, drift, plan
from delivery.roles.trust import provider_arn, workflow_role
from environments.delivery import Delivered
from environments.settings import Settings

_POLICY_IS_TEXT = "CloudFormation-Validate::E3510"
_WHY_TEXT = (
    "The schemas of IAM's types take a policy as text, too; as objects, two environments' policies exceed the size of "
    "a template that needs no bucket."
)


class DeliveryStack(cdk.Stack):
    """The account's delivery: identity provider, workflow roles, execution policies and permissions boundaries.

    A person with an administrator's credentials deploys it, before bootstrap: it needs neither assets nor roles of the
    CDK's. None of its roles can change it.
    """

    def __init__(
        self, scope: Construct, *, delivered: Delivered, environments: Sequence[Environment], place: Place
    ) -> None:
        super().__init__(
            scope,
            delivered.stack_name,
            env=cdk.Environment(account=delivered.account, region=delivered.region),
            description="Delivery: the roles of the repository's workflows, and what a deploy may do",
            synthesizer=cdk.LegacyStackSynthesizer(),
        )
        self.delivered = delivered
        self.place = place
        self._source = delivered.settings.source
        self._provider = provider_arn(self, create=delivered.settings.oidc_provider == "create")
        cdk.Validations.of(self).acknowledge(cdk.Acknowledgment(id=_POLICY_IS_TEXT, reason=_WHY_TEXT))
        cdk.Tags.of(self).add("project", delivered.environments[0].project)
        self._output(PROVIDER_ARN, self._provider)
        self._diff_role()
        self._drift_role(environments)
        for settings in delivered.environments:
            self._roles_of(settings)
        self._bootstrap(environments)

    def _diff_role(self) -> None:
        subject = self._source.pull_request
        role = workflow_role(
            self, "DiffRole", provider=self._provider, subject=subject, description="Pull requests read the templates"
        )
        _allow(role, diff.statements(self.delivered.environments, place=self.place))
        self._output(DIFF_ROLE_ARN, role.role_arn)
        self._output(DIFF_SUBJECT, subject)

    def _drift_role(self, environments: Sequence[Environment]) -> None:
        subject = self._source.deploying(WATCHING)
        role = workflow_role(self, "DriftRole", provider=self._provider, subject=subject)
        _allow(role, drift.statements(environments, place=self.place))
        self._output(DRIFT_ROLE_ARN, role.role_arn)

    def _roles_of(self, settings: Settings) -> None:
        name, subject = settings.name, self._source.deploying(settings.name)
        deploying = workflow_role(
            self,
            output("DeployRole", name),
            provider=self._provider,
            subject=subject,
            description=f"Jobs of the environment {name} take the roles of the CDK's bootstrap",
            # As long as the workflow's job: moving functions into a VPC takes longer than an hour.
            hours=2,
        )
        _allow(deploying, deploy.statements(settings, place=self.place))
        checking = workflow_role(
            self,
            output("CheckRole", name),
            provider=self._provider,
            subject=subject,
            description=f"Jobs of the environment {name} run preflight and the smoke test",
        )
        _allow(checking, check.statements(settings, place=self.place))
        before = self._source.deploying(planning(name))
        planned = workflow_role(
            self,
            output("PlanRole", name),
            provider=self._provider,
            subject=before,
        )
        _allow(planned, plan.statements(settings, place=self.place))
        self._output(output(PLAN_ROLE_ARN, name), planned.role_arn)
        self._output(output(DEPLOY_ROLE_ARN, name), deploying.role_arn)
        self._output(output(CHECK_ROLE_ARN, name), checking.role_arn)
        self._output(output(ENVIRONMENT_SUBJECT, name), subject)

    def _bootstrap(self, environments: Sequence[Environment]) -> None:
        """What bootstrap gives CloudFormation in place of AdministratorAccess, and what bounds it and every role."""
        documents = execution_policies(environments, place=self.place)
        policies = [
            self._policy(f"ExecutionPolicy{number}", document, "What CloudFormation needs for the environments' stacks")
            for number, document in enumerate(documents, start=1)
        ]
        arns = []
        for environment in environments:
            settings, names = environment.settings, names_of(environment, place=self.place)
            self._policy(
                output("Boundary", settings.name),
                environment_boundary(environment, names=names),
                f"What no role of the environment {settings.name} can do more than",
                # Named in the environment's file, and by the conditions of the execution policies.
                name=settings.permissions_boundary,
            )
            arns.append(names.boundary)
        boundary = self._policy(
            "ExecutionBoundary",
            execution_boundary(documents, boundaries=arns),
            "What CloudFormation cannot do with any policy: make a role without its environment's boundary",
        )
        listed = ",".join(policy.ref for policy in policies)
        self._output(EXECUTION_POLICY_ARNS, listed)
        named = cdk.Fn.select(1, cdk.Fn.split("/", boundary.ref))
        for region in sorted({environment.settings.region for environment in environments}):
            command = (
                f"npx cdk bootstrap aws://{self.account}/{region} --cloudformation-execution-policies {listed} "
                f"--custom-permissions-boundary {named}"
            )
            self._output(in_region(BOOTSTRAP_COMMAND, region), command)

    def _policy(
        self, id: str, document: dict[str, Any], description: str, *, name: str | None = None
    ) -> iam.CfnManagedPolicy:
        return iam.CfnManagedPolicy(
            self, id, policy_document=written(document), description=description, managed_policy_name=name
        )

    def _output(self, name: str, value: str) -> None:
        """Its name says what it is: the template has little room."""
        cdk.CfnOutput(self, name, value=value)


def _allow(role: iam.Role, statements: list[iam.PolicyStatement]) -> None:
    """Give a role its only policy."""
    document = {"Version": "2012-10-17", "Statement": [each.to_statement_json() for each in statements]}
    iam.CfnPolicy(role, "Policy", policy_name="Job", policy_document=written(document), roles=[role.role_name])
