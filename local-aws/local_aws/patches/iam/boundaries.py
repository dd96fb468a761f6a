"""A stack's role has its permissions boundary, and IAM's quotas of managed policies hold.

MiniStack's CloudFormation drops `PermissionsBoundary`, and nothing there has a size. Sources: CloudFormation's schema
of AWS::IAM::Role; IAM user guide, "IAM and AWS STS quotas": 6,144 characters in a managed policy, white space not
counted, ten of them on a role; messages as IAM's users publish them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from local_aws import private_api

_PROVISIONERS = "ministack.services.cloudformation.provisioners"
_IAM = "ministack.services.iam"
_WHAT = "bound a stack's roles"
ROLE, POLICY = "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"
_HANDLERS = private_api.declare(
    _PROVISIONERS, "_RESOURCE_HANDLERS", _WHAT, expects=lambda found: ROLE in found and POLICY in found
)
_ROLES = private_api.declare(_IAM, "_roles", _WHAT)
_EXISTS = private_api.declare(_IAM, "_policy_exists", _WHAT)
_CALLS = private_api.declare(
    _IAM, "_IAM_HANDLERS", "hold managed policies to their quotas", expects=lambda found: "CreatePolicy" in found
)
_ERROR = private_api.declare(_IAM, "_error", "hold managed policies to their quotas")
MOST_CHARACTERS, MOST_POLICIES = 6144, 10

Properties = dict[str, Any]


def install() -> None:
    """Wrap the two resource types and the calls."""
    role, policy = _HANDLERS.get()[ROLE], _HANDLERS.get()[POLICY]
    role["create"], role["update"] = _bounded(role["create"]), _bounded(role["update"])
    policy["create"], policy["update"] = _sized(policy["create"]), _sized(policy["update"])
    calls = _CALLS.get()
    for name in ("CreatePolicy", "CreatePolicyVersion"):
        calls[name] = _call(calls[name], lambda parameters: oversized(_first(parameters, "PolicyDocument")))
    calls["AttachRolePolicy"] = _call(calls["AttachRolePolicy"], _too_many_on)


def oversized(document: Any) -> str | None:
    """Return why IAM refuses a managed policy for its size, or None."""
    try:
        text = json.dumps(json.loads(document) if isinstance(document, str) else document, separators=(",", ":"))
    except ValueError:
        return None  # malformed, which another check says
    return f"Cannot exceed quota for PolicySize: {MOST_CHARACTERS}" if len(text) > MOST_CHARACTERS else None


def _bounded(change: Callable[..., tuple[str, Properties]]) -> Callable[..., tuple[str, Properties]]:
    def changing(first: str, *arguments: Any, **named: Any) -> tuple[str, Properties]:
        properties: Properties = arguments[-2]
        boundary = properties.get("PermissionsBoundary")
        if boundary and not _EXISTS.get()(boundary):
            raise ValueError(f"Scope ARN: {boundary} does not exist or is not attachable.")
        if len(properties.get("ManagedPolicyArns", [])) > MOST_POLICIES:
            raise ValueError(f"Cannot exceed quota for PoliciesPerRole: {MOST_POLICIES}")
        name, attributes = change(first, *arguments, **named)
        _ROLES.get()[name]["PermissionsBoundary"] = boundary
        return name, attributes

    return changing


def _sized(change: Callable[..., tuple[str, Properties]]) -> Callable[..., tuple[str, Properties]]:
    def changing(first: str, *arguments: Any, **named: Any) -> tuple[str, Properties]:
        refused = oversized(arguments[-2].get("PolicyDocument", {}))
        if refused:
            raise ValueError(refused)
        return change(first, *arguments, **named)

    return changing


def _call(call: Callable[[Any], Any], refusal: Callable[[Any], str | None]) -> Callable[[Any], Any]:
    def calling(parameters: Any) -> Any:
        refused = refusal(parameters)
        return _ERROR.get()(409, "LimitExceeded", refused, ns="iam") if refused else call(parameters)

    return calling


def _too_many_on(parameters: Any) -> str | None:
    role = _ROLES.get().get(_first(parameters, "RoleName")) or {}
    attached, more = role.get("AttachedPolicies", []), _first(parameters, "PolicyArn")
    full = len(attached) >= MOST_POLICIES and more not in attached
    return f"Cannot exceed quota for PoliciesPerRole: {MOST_POLICIES}" if full else None


def _first(parameters: Any, name: str) -> str:
    value = parameters.get(name, "")
    return str(value[0] if isinstance(value, list) else value)
