"""Add DescribeEffectivePolicy, which MiniStack lacks: all attached tag policies merged.

Until an organisation is created, the account belongs to none. (MiniStack's other calls create one on first use.)
Policies are merged key by key in order of their names; `@@assign` is the only supported inheritance operator.
"""

import json
import time
from typing import Any

from local_aws import private_api
from local_aws.common import scope, shapes
from local_aws.common.errors import ApiError
from local_aws.common.json_protocol import answer_json

_SERVICE = "ministack.services.organizations"
_WHAT = "describe the effective tag policy"
_DISPATCH = private_api.declare(
    _SERVICE, "_DISPATCH", _WHAT, expects=lambda found: callable(found.get("DescribePolicy"))
)
_ORGANIZATIONS = private_api.declare(_SERVICE, "_orgs", _WHAT)
_POLICIES = private_api.declare(_SERVICE, "_policies", _WHAT)
_ATTACHMENTS = private_api.declare(_SERVICE, "_attachments", _WHAT)


def install() -> None:
    """Add the operation."""
    _DISPATCH.get()["DescribeEffectivePolicy"] = lambda request: answer_json(lambda: _effective(request))


def _effective(request: dict[str, Any]) -> dict[str, Any]:
    shapes.check_request("organizations", "DescribeEffectivePolicy", request)
    if not list(_ORGANIZATIONS.get().values()):
        message = "Your account is not a member of an organization."
        raise ApiError("AWSOrganizationsNotInUseException", message)
    contents = [
        policy["_Content"]
        for name, policy in sorted(_POLICIES.get().items())
        if policy["Type"] == request["PolicyType"] and _ATTACHMENTS.get().get(name)
    ]
    if not contents:
        raise ApiError("EffectivePolicyNotFoundException", "The account has no effective policy of this type.")
    content = json.dumps(merged([json.loads(text) for text in contents]))
    policy = {
        "PolicyContent": content,
        "LastUpdatedTimestamp": time.time(),
        "TargetId": scope.current()[0],
        "PolicyType": request["PolicyType"],
    }
    return {"EffectivePolicy": policy}


def merged(policies: list[Any]) -> Any:
    """Merge policies without their operators; later policies override earlier ones."""
    whole: dict[str, Any] = {}
    for policy in policies:
        for key, value in policy.items():
            below = whole.get(key)
            whole[key] = merged([below, value]) if isinstance(below, dict) and isinstance(value, dict) else value
    return _assigned(whole)


def _assigned(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return value["@@assign"] if "@@assign" in value else {key: _assigned(inner) for key, inner in value.items()}
