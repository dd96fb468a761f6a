"""Make DescribeStacks show an output's characters beyond ASCII as question marks.

CloudFormation does, though it gives resources the characters that the template has (aws-cloudformation/
cloudformation-coverage-roadmap #814): a program that reads users' words from an output fails here, too.
"""

import re
from typing import Any

from local_aws import private_api

_ACTIONS = private_api.declare(
    "ministack.services.cloudformation.handlers",
    "_ACTION_HANDLERS",
    "show outputs as CloudFormation does",
    expects=lambda actions: callable(actions.get("DescribeStacks")),
)
_VALUE = re.compile(r"<OutputValue>[^<]*</OutputValue>")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def install() -> None:
    """Wrap the action that describes a stack's outputs."""
    describe = _ACTIONS.get()["DescribeStacks"]

    def describing(params: Any) -> Any:
        status, headers, body = describe(params)
        return status, headers, in_ascii(body) if status == 200 else body

    _ACTIONS.get()["DescribeStacks"] = describing


def in_ascii(body: bytes) -> bytes:
    """The answer with a question mark for each character of an output's value that is not ASCII."""
    return _VALUE.sub(lambda value: _BEYOND_ASCII.sub("?", value[0]), body.decode()).encode()
