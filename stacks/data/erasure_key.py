"""The secret that hashes erased rows, so that a tombstone tells nobody which text it was."""

from __future__ import annotations

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.deployment import Deployment
from stacks.shared.acknowledgements import accept

_LENGTH = 64


class ErasureKey(Construct):
    """A secret that Secrets Manager generates; read by operators and by runs that fold the ledger."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, key_arn: str | None) -> None:
        super().__init__(scope, construct_id)
        self._secret = secretsmanager.CfnSecret(
            self,
            "Secret",
            description="Hashes the rows that were erased from the ledger and from dataset versions.",
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                password_length=_LENGTH, exclude_punctuation=True
            ),
            kms_key_id=key_arn,
        )
        self._secret.apply_removal_policy(deployment.removal_policy)
        accept(
            self._secret, "SMG4", because="A new key would make every tombstone useless: erased texts could come back."
        )

    @property
    def arn(self) -> str:
        """The secret's ARN."""
        return self._secret.ref
