"""The delivery stack of an account: who may deploy, and what a deploy may do there."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.deployment import delivery as names
from delivery.place import place
from delivery.roles import check, deploy, diff
from delivery.roles.trust import provider_arn, workflow_role
from environments.delivery import Delivered
from environments.settings import Settings


class DeliveryStack(cdk.Stack):
    """The account's delivery: identity provider, workflow roles, execution policies and permissions boundaries.

    A person with an administrator's credentials deploys it, before bootstrap: it needs neither assets nor roles of the
    CDK's. Its roles cannot change it.
    """

    def __init__(self, scope: Construct, *, delivered: Delivered, root: Path) -> None:
        super().__init__(
            scope,
            delivered.stack_name,
            env=cdk.Environment(account=delivered.account, region=delivered.region),
            description="Delivery: the roles of the repository's workflows, and what a deploy may do",
            synthesizer=cdk.LegacyStackSynthesizer(),
        )
        self.delivered = delivered
        self.place = place(root=root)
        self._source = delivered.settings.source
        self._provider = provider_arn(self, create=delivered.settings.oidc_provider == "create")
        cdk.Tags.of(self).add("project", delivered.environments[0].project)
        self._output(names.PROVIDER_ARN, self._provider, "The identity provider that the roles trust")
        self._diff_role()
        for settings in delivered.environments:
            self._roles_of(settings)

    def _diff_role(self) -> None:
        subject = self._source.pull_request
        role = workflow_role(
            self, "DiffRole", provider=self._provider, subject=subject, description="Pull requests read the templates"
        )
        _allow(role, diff.statements(self.delivered.environments, place=self.place))
        self._output(names.DIFF_ROLE_ARN, role.role_arn, "Role of a pull request's job")
        self._output(names.DIFF_SUBJECT, subject, "Whom it trusts")

    def _roles_of(self, settings: Settings) -> None:
        name, subject = settings.name, self._source.deploying(settings.name)
        deploying = workflow_role(
            self,
            names.output("DeployRole", name),
            provider=self._provider,
            subject=subject,
            description=f"Jobs of the environment {name} take the roles of the CDK's bootstrap",
        )
        _allow(deploying, deploy.statements(settings, place=self.place))
        checking = workflow_role(
            self,
            names.output("CheckRole", name),
            provider=self._provider,
            subject=subject,
            description=f"Jobs of the environment {name} run preflight and the smoke test",
        )
        _allow(checking, check.statements(settings, place=self.place))
        self._output(names.output(names.DEPLOY_ROLE_ARN, name), deploying.role_arn, "Role of a deploy's job")
        self._output(names.output(names.CHECK_ROLE_ARN, name), checking.role_arn, "Role of preflight and smoke test")
        self._output(names.output(names.ENVIRONMENT_SUBJECT, name), subject, "Whom both of them trust")

    def _output(self, name: str, value: str, description: str) -> None:
        cdk.CfnOutput(self, name, value=value, description=description)


def _allow(role: iam.Role, statements: list[iam.PolicyStatement]) -> None:
    for statement in statements:
        role.add_to_policy(statement)
