"""The secret whose versions sign cursors, and its rotation."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.deployment import Deployment
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction

# A cursor is valid for at least this long: its key is the previous one until the rotation after the next.
ROTATION_DAYS = 30
_LENGTH = 64


class CursorKey(Construct):
    """A secret that Secrets Manager generates: no template contains it, and no operator ever sees it."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, key_arn: str | None) -> None:
        super().__init__(scope, construct_id)
        self._key_arn = key_arn
        self._secret = secretsmanager.CfnSecret(
            self,
            "Secret",
            description="Signs the cursors of GET /v1/requests.",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=_LENGTH, exclude_punctuation=True
            ),
            kms_key_id=key_arn,
        )
        # Cursors are short-lived: nothing is lost with their key, even if the environment keeps its data.
        self._secret.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        self.rotation = PythonFunction(
            self,
            "Rotation",
            deployment=deployment,
            folder="rotate_key",
            description="Rotates the key that signs cursors.",
            environment={},
            timeout=cdk.Duration.seconds(30),
        )
        self._rotate()

    @property
    def arn(self) -> str:
        """The secret's ARN."""
        return self._secret.ref

    def may_read(self, role: iam.Role) -> None:
        """Let a role read the versions of the key."""
        allow(role, "secretsmanager:GetSecretValue", on=self.arn)
        use_key(role, self._key_arn)

    def _rotate(self) -> None:
        # As listed in Secrets Manager's user guide, "Lambda rotation function execution role permissions".
        role = self.rotation.role
        allow(
            role,
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
            on=self.arn,
        )
        use_key(role, self._key_arn)
        permission = lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=self.rotation.arn,
            principal="secretsmanager.amazonaws.com",
            source_account=cdk.Stack.of(self).account,
            source_arn=self.arn,
        )
        schedule = secretsmanager.CfnRotationSchedule(
            self,
            "Schedule",
            secret_id=self.arn,
            rotation_lambda_arn=self.rotation.arn,
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
                automatically_after_days=ROTATION_DAYS
            ),
            # A deploy should not invalidate cursors.
            rotate_immediately_on_update=False,
        )
        # Secrets Manager invokes the function when the schedule is made.
        schedule.node.add_dependency(permission, role)
