"""Turns the authorizer's verdict into a key id or an error; every keyed route goes through it."""

from __future__ import annotations

from typing import Any

from lambda_src.common.http import Event
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
_CHALLENGE = {"www-authenticate": f'ApiKey header="{KEY_HEADER}"'}


def require_key(event: Event, *, scope: str | None = None) -> str:
    """The id of the caller's key. Raises Problem unless the authorizer said "ok", named the key and gave it `scope`."""
    context = _context(event)
    verdict = context.get("verdict")
    key_id = context.get("key_id")
    if verdict == "ok" and isinstance(key_id, str) and key_id:
        if scope is not None and scope not in scopes_of(event):
            raise Problem(
                "key-scope", f"This key lacks the scope `{scope}`. Ask the operator of this API for one with it."
            )
        return key_id
    # Fails closed: no context, an unknown verdict or "ok" without a key is treated as no key.
    slug, detail = _DETAILS.get(str(verdict), _DETAILS["missing"])
    problem = Problem(slug, detail)
    if problem.status == 401:
        problem.headers.update(_CHALLENGE)
    if problem.status in (429, 503):
        problem.headers["retry-after"] = str(context.get("retry_after") or "1")
    raise problem


def scopes_of(event: Event) -> frozenset[str]:
    """What the caller's key may be used for."""
    return frozenset(str(_context(event).get("scopes") or "").split())


def _context(event: Event) -> dict[str, Any]:
    """What the authorizer said; only API Gateway can have put it there."""
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    return authorizer.get("lambda") or {}
