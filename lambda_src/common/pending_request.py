"""A custom resource's request that is answered later; until then it is kept in the function's own SSM parameter.

Anyone who has its ResponseURL can answer CloudFormation. State machine inputs and build variables are logged and
shown, so they never hold it, only the request's id.
"""

from __future__ import annotations

import json
from typing import Any

from lambda_src.common.aws import error_code

_FIELDS = ("ResponseURL", "StackId", "RequestId", "LogicalResourceId")
_NOT_THERE = "ParameterNotFound"


def keep(ssm: Any, parameter: str, event: dict[str, Any], *, physical_id: str) -> None:
    """Keep the request in the parameter; it replaces an older one, which has timed out."""
    kept = {**{field: event[field] for field in _FIELDS}, "PhysicalResourceId": physical_id}
    # The length of the URL has no documented limit; a parameter of the standard tier holds 4 KB.
    ssm.put_parameter(
        Name=parameter, Value=json.dumps(kept), Type="SecureString", Overwrite=True, Tier="Intelligent-Tiering"
    )


def find(ssm: Any, parameter: str, *, request_id: str | None) -> dict[str, Any] | None:
    """The fields of the pending request; None if it was answered, or if another has taken its place.

    request_id: None for any pending request.
    """
    try:
        kept = json.loads(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
    except ssm.exceptions.ClientError as error:
        if error_code(error) != _NOT_THERE:
            raise
        return None
    return dict(kept) if request_id in (None, kept["RequestId"]) else None


def forget(ssm: Any, parameter: str) -> None:
    """Delete the request: it is answered, or nobody waits for an answer any more."""
    try:
        ssm.delete_parameter(Name=parameter)
    except ssm.exceptions.ClientError as error:
        if error_code(error) != _NOT_THERE:
            raise
