"""Turns the authorizer's verdict into a key id or an error; every keyed route goes through it."""

from __future__ import annotations

import re
from typing import Any

from contracts.scopes import DEFAULT_SCOPES
from lambda_src.common.api.http import Event
from lambda_src.common.problems import Problem

KEY_HEADER = "x-api-key"

_DETAILS = {
    "missing": ("key-missing", f"Send your API key in the `{KEY_HEADER}` header."),
    "malformed": ("key-malformed", f"The `{KEY_HEADER}` header does not hold a whole key. Copy it again."),
    "unknown": ("key-unknown", "No such key. Ask the operator of this API for one."),
    "revoked": ("key-revoked", "This key was revoked. Ask the operator of this API for a new one."),
    "expired": ("key-expired", "This key has expired. Ask the operator of this API for a new one."),
    "unavailable": ("key-check-unavailable", "Keys cannot be checked at the moment. Try again shortly."),
    "rate-exceeded": ("rate-exceeded", "This key is used faster than it may be. Wait `retry-after` seconds."),
    "quota-exceeded": ("quota-exceeded", "This key's requests of today are used up. The day ends at midnight UTC."),
}
# IAM User Guide, "IAM identifiers": a session's ARN has its role's name, which one account has once, without the path.
_SESSION = re.compile(r"arn:([\w-]+):sts::(\d{12}):assumed-role/([\w+=,.@-]+)/[\w+=,.@-]+", re.ASCII)
_CHALLENGE = {"www-authenticate": f'ApiKey header="{KEY_HEADER}"'}


def require_key(event: Event, *, scope: str | None = None) -> str:
    """The id of the caller: of the key, or with `api.auth` iam its ARN (of a session: its role's), with jwt the token's
    subject.

    Raises Problem unless API Gateway or our authorizer vouched for the caller, and gave it `scope`.
    """
    authorizer = _authorizer(event)
    found = _known_caller(authorizer) if "lambda" not in authorizer else None
    caller = found or _key(authorizer.get("lambda") or {})
    if scope is not None and scope not in scopes_of(event):
        detail = f"This needs the scope `{scope}`, which you lack. Ask the operator of this API for it."
        raise Problem("key-scope", detail)
    return caller


def scopes_of(event: Event) -> frozenset[str]:
    """What the caller may do. With `api.auth` iam it is IAM that says so, for each route, and never admin."""
    authorizer = _authorizer(event)
    if "lambda" in authorizer:
        return frozenset(str((authorizer["lambda"] or {}).get("scopes") or "").split())
    if authorizer.get("iam"):
        return frozenset(DEFAULT_SCOPES)
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    given = str(claims.get("scope") or "").split()
    # Cognito writes the resource server's identifier before each scope of its own.
    return frozenset(scope.removeprefix("rubric/") for scope in given)


def _known_caller(authorizer: dict[str, Any]) -> str | None:
    """Whom API Gateway itself has checked; only it can have put this there."""
    iam = authorizer.get("iam") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    found = iam.get("userArn") or iam.get("accessKey") or claims.get("sub")
    return _without_session(found) if isinstance(found, str) and found else None


def _without_session(arn: str) -> str:
    """The role's ARN, without its path, for a session of it: one caller, however often its credentials are renewed."""
    found = _SESSION.fullmatch(arn)
    return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}" if found else arn


def _key(context: dict[str, Any]) -> str:
    """The id of the key; raises Problem unless our authorizer said "ok" and named it."""
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
