"""Which workflows may take a role."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from contracts.deployment.delivery import AUDIENCE, ISSUER, ISSUER_URL


def provider_arn(scope: Construct, *, create: bool) -> str:
    """The ARN of the account's identity provider for GitHub, which is made here or is there already.

    No thumbprint: AWS checks GitHub's certificate by its own list of authorities (IAM user guide, "Obtain the
    thumbprint for an OpenID Connect identity provider").
    """
    if create:
        provider = iam.CfnOIDCProvider(scope, "Provider", url=ISSUER_URL, client_id_list=[AUDIENCE])
        return provider.attr_arn
    return cdk.Stack.of(scope).format_arn(service="iam", region="", resource="oidc-provider", resource_name=ISSUER)


def workflow_role(
    scope: Construct, id: str, *, provider: str, subject: str, description: str | None = None, hours: int = 1
) -> iam.Role:
    """A role for the jobs whose token has exactly this subject. provider: an ARN; hours: the longest session."""
    return iam.Role(
        scope,
        id,
        description=description,
        max_session_duration=cdk.Duration.hours(hours),
        assumed_by=iam.WebIdentityPrincipal(
            provider, {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}}
        ),
    )
