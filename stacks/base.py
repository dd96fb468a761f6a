"""The base class of all stacks."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from stacks.deployment import Deployment


class RubricStack(cdk.Stack):
    """A stack of one environment, `Rubric-dev-<part>`, with its tags and outputs.

    key_arn: the key that encrypts what the stack stores, its log groups included; None where AWS's own keys do.
    """

    def __init__(
        self, scope: Construct, part: str, *, deployment: Deployment, description: str, key_arn: str | None = None
    ) -> None:
        settings = deployment.settings
        super().__init__(
            scope,
            settings.stack_name(part),
            env=cdk.Environment(account=settings.account, region=settings.region),
            description=description,
            # The CLI checks the version too; without this rule, a promotion passes only one parameter.
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            permissions_boundary=_boundary(settings.permissions_boundary),
        )
        self.deployment = deployment
        self.settings = settings
        self.key_arn = key_arn
        for key, value in {**settings.tags, "project": settings.project, "environment": settings.name}.items():
            cdk.Tags.of(self).add(key, value)

    @property
    def resource_types(self) -> list[str]:
        """The types of all resources in the template, sorted."""
        nodes = self.node.find_all()
        return sorted({node.cfn_resource_type for node in nodes if isinstance(node, cdk.CfnResource)})

    def output(self, name: str, value: str, *, description: str) -> None:
        """An output that the operator's commands find by its name."""
        cdk.CfnOutput(self, name, value=value, description=description)

    def share(self, value: Any) -> str:
        """A name or ARN for other stacks, exported here: consumers then need no reference to the construct."""
        return self.export_value(value)


def _boundary(name: str | None) -> cdk.PermissionsBoundary | None:
    """What the CDK puts on every role of a stack: a managed policy of the account, by its name."""
    return None if name is None else cdk.PermissionsBoundary.from_name(name)
