"""Web identity tokens: whether one is valid, and whether a role's trust policy admits its subject.

Sources: STS API reference, AssumeRoleWithWebIdentity (errors); IAM user guide, "Create a role for OIDC federation" and
"Available keys for AWS OIDC federation". AWS verifies a token with the issuer's published keys. This machine may not
reach the issuer, so a token is signed here with the state folder's access key ID (HS256): who can write one could call
everything without it, too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.iam.matching import Context
from local_aws.iam.policies import Decision, Request, decide, listed

ACTION = "sts:AssumeRoleWithWebIdentity"
_PARTS = 3


class InvalidTokenError(Exception):
    """A token that AWS refuses before it looks at the role. code: STS's."""

    def __init__(self, message: str, *, code: str = "InvalidIdentityToken") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Identity:
    """What a valid token says. issuer: without `https://`, as in ARNs and condition keys."""

    issuer: str
    subject: str
    audience: str
    claims: Mapping[str, Any]

    @property
    def context(self) -> Context:
        """Condition keys: the issuer's name and a claim."""
        found = {"aud": self.audience, "sub": self.subject}
        amr = self.claims.get("amr")
        return {
            f"{self.issuer}:{name}".lower(): value for name, value in {**found, **({"amr": amr} if amr else {})}.items()
        }


def token(claims: Mapping[str, Any], *, key: str) -> str:
    """A token with these claims, signed with a key."""
    signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    return f"{signed}.{_signature(signed, key)}"


def read(text: str, *, key: str, providers: Mapping[str, list[str]], now: float | None = None) -> Identity:
    """Read a token. providers: audiences by issuer. Raises InvalidTokenError."""
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise InvalidTokenError(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        )
    claims = _claims(parts[1])
    issuer = str(claims.get("iss", "")).removeprefix("https://").rstrip("/")
    if issuer not in providers:
        raise InvalidTokenError(f"No OpenIDConnect provider found in your account for {claims.get('iss', '')}")
    if not hmac.compare_digest(_signature(f"{parts[0]}.{parts[1]}", key), parts[2]):
        raise InvalidTokenError(
            "Couldn't retrieve verification key from your identity provider, or the signature is invalid"
        )
    if float(claims.get("exp", 0)) <= (time.time() if now is None else now):
        raise InvalidTokenError("Token is expired", code="ExpiredTokenException")
    audience = str(listed(claims.get("aud", ""))[0])
    if audience not in providers[issuer]:
        raise InvalidTokenError("Incorrect token audience")
    return Identity(issuer=issuer, subject=str(claims.get("sub", "")), audience=audience, claims=claims)


def admits(trust: str | Mapping[str, Any], identity: Identity, *, role: str) -> bool:
    """Whether a role's trust policy lets the identity assume it. role: its ARN."""
    account = role.split(":")[4]
    provider = f"arn:{role.split(':')[1]}:iam::{account}:oidc-provider/{identity.issuer}"

    def speaks_of(statement: Mapping[str, Any]) -> bool:
        principal = statement.get("Principal")
        return isinstance(principal, Mapping) and provider in listed(principal.get("Federated", []))

    request = Request(ACTION, role, identity.context)
    return decide([trust], request, speaks_of=speaks_of) is Decision.ALLOWED


def _claims(part: str) -> dict[str, Any]:
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        claims = None
    if not isinstance(claims, dict):
        raise InvalidTokenError(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        )
    return claims


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _signature(signed: str, key: str) -> str:
    digest = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
