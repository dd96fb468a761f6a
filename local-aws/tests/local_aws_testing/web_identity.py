"""Web identity tokens for a local AWS, as a provider such as GitHub would write them."""

from __future__ import annotations

import time
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from local_aws.iam.web_identity import token
from local_aws_testing.server import Server

GITHUB = "https://token.actions.githubusercontent.com"


def signed(
    subject: str, *, key: str, issuer: str = GITHUB, audience: str = "sts.amazonaws.com", seconds: float = 300
) -> str:
    """A token. key: the access key ID of the local AWS's state folder, by which it knows that the token is genuine."""
    now = time.time()
    return token({"iss": issuer, "sub": subject, "aud": audience, "iat": now, "exp": now + seconds}, key=key)


def assume(server: Server, role: str, token: str, **more: Any) -> dict[str, Any]:
    """Take a role with a token, as a workflow's job does: without any credentials. Returns STS's answer."""
    sts = boto3.client(
        "sts", endpoint_url=server.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    answer: dict[str, Any] = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="job", WebIdentityToken=token, **more
    )
    return answer
