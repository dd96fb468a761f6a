"""A custom resource's request that is answered later, kept in a parameter of its function's own meanwhile.

Its ResponseURL lets whoever has it answer CloudFormation. So it is in no state machine's input and in no build's
variables, which are logged and shown: they carry the request's id.
"""

from __future__ import annotations

import json
from typing import Any

from lambda_src.common.aws import error_code

_FIELDS = ("ResponseURL", "StackId", "RequestId", "LogicalResourceId")
_NOT_THERE = "ParameterNotFound"


def keep(ssm: Any, parameter: str, event: dict[str, Any], *, physical_id: str) -> None:
    """Keep the request in the parameter, in place of an older one, whose time is over."""
    kept = {**{field: event[field] for field in _FIELDS}, "PhysicalResourceId": physical_id}
    # No limit of a URL's length is documented; a parameter of the standard tier has room for 4 KB.
    ssm.put_parameter(
        Name=parameter, Value=json.dumps(kept), Type="SecureString", Overwrite=True, Tier="Intelligent-Tiering"
    )


def find(ssm: Any, parameter: str, *, request_id: str | None) -> dict[str, Any] | None:
    """The fields of the request that waits; None where it was answered, or another has taken its place.

    request_id: None for whichever waits.
    """
    try:
        kept = json.loads(ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"])
    except ssm.exceptions.ClientError as error:
        if error_code(error) != _NOT_THERE:
            raise
        return None
    return dict(kept) if request_id in (None, kept["RequestId"]) else None


def forget(ssm: Any, parameter: str) -> None:
    """The request is answered, or nobody waits any more."""
    try:
        ssm.delete_parameter(Name=parameter)
    except ssm.exceptions.ClientError as error:
        if error_code(error) != _NOT_THERE:
            raise
