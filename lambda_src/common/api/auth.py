"""Turns the authorizer's verdict into a key id or an error; every keyed route goes through it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from contracts.api.scopes import DEFAULT_SCOPES, LABEL
from lambda_src.common.api.http import Event
from lambda_src.common.problems import Problem

KEY_HEADER = "x-api-key"

_DETAILS = {
    "missing": ("key-missing", f"Send your API key in the `{KEY_HEADER}` header."),
    "malformed": ("key-malformed", f"The `{KEY_HEADER}` header does not contain a complete key. Copy it again."),
    "unknown": ("key-unknown", "This key does not exist. Ask the operator of this API for one."),
    "revoked": ("key-revoked", "This key was revoked. Ask the operator of this API for a new one."),
    "expired": ("key-expired", "This key has expired. Ask the operator of this API for a new one."),
    "unavailable": ("key-check-unavailable", "Keys cannot be checked at the moment. Try again shortly."),
    "rate-exceeded": ("rate-exceeded", "This key has exceeded its request rate. Wait `retry-after` seconds."),
    "quota-exceeded": ("quota-exceeded", "This key has used up today's quota. It resets at midnight UTC."),
}
# IAM User Guide, "IAM identifiers": a session's ARN has its role's name, which one account has once, without the path.
_SESSION = re.compile(r"arn:([\w-]+):sts::(\d{12}):assumed-role/([\w+=,.@-]+)/[\w+=,.@-]+", re.ASCII)
_CHALLENGE = {"www-authenticate": f'ApiKey header="{KEY_HEADER}"'}


def require_key(event: Event, *, scope: str | None = None) -> str:
    """The id of the caller: of the key, or with `api.auth` iam its ARN (of a session: its role's), with jwt the token's
    subject.

    Raises Problem unless API Gateway or our authorizer has checked the caller and allows it `scope`.
    """
    authorizer = _authorizer(event)
    identity = _known_caller(authorizer) if "lambda" not in authorizer else None
    caller = identity or _key(authorizer.get("lambda") or {})
    if scope is not None and scope not in scopes_of(event):
        detail = f"This request needs the scope `{scope}`, which you do not have. Ask the operator of this API for it."
        raise Problem("key-scope", detail)
    return caller


def scopes_of(event: Event) -> frozenset[str]:
    """What the caller may do. With `api.auth` iam, IAM decides for each route; nobody is admin."""
    authorizer = _authorizer(event)
    if "lambda" in authorizer:
        return frozenset(str((authorizer["lambda"] or {}).get("scopes") or "").split())
    if authorizer.get("iam"):
        return frozenset((*DEFAULT_SCOPES, LABEL))
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    scopes = str(claims.get("scope") or "").split()
    # Cognito writes the resource server's identifier before each scope of its own.
    return frozenset(scope.removeprefix("rubric/") for scope in scopes)


def is_trusted(event: Event, *, callers: Collection[str]) -> bool:
    """Whether labels of this caller decide what a text's label is: of keys made with `--trusted`, and with `api.auth`
    iam or jwt of `callers` (api.trusted_callers).
    """
    authorizer = _authorizer(event)
    if "lambda" in authorizer:
        return (authorizer["lambda"] or {}).get("trusted") == "true"
    return _known_caller(authorizer) in callers


def _known_caller(authorizer: dict[str, Any]) -> str | None:
    """The caller that API Gateway itself has checked: nothing else can set these fields."""
    iam = authorizer.get("iam") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    identity = iam.get("userArn") or iam.get("accessKey") or claims.get("sub")
    return _without_session(identity) if isinstance(identity, str) and identity else None


def _without_session(arn: str) -> str:
    """The role's ARN, without its path, for a session of it: one caller, however often its credentials are renewed."""
    match = _SESSION.fullmatch(arn)
    return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}" if match else arn


def _key(context: dict[str, Any]) -> str:
    """The id of the key; raises Problem unless our authorizer's verdict is "ok" and names it."""
    verdict = context.get("verdict")
    key_id = context.get("key_id")
    if verdict == "ok" and isinstance(key_id, str) and key_id:
        return key_id
    # Fails closed: no context, an unknown verdict or "ok" without a key is treated as no key.
    slug, detail = _DETAILS.get(str(verdict), _DETAILS["missing"])
    problem = Problem(slug, detail)
    if problem.status == 401:
        problem.headers.update(_CHALLENGE)
    if problem.status in (429, 503):
        problem.headers["retry-after"] = str(context.get("retry_after") or "1")
    raise problem


def _authorizer(event: Event) -> dict[str, Any]:
    return event.get("requestContext", {}).get("authorizer") or {}
