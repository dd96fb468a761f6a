"""The JSON protocol of AWS's APIs, for requests and answers as MiniStack passes them."""

import json
from collections.abc import Callable
from typing import Any

from local_aws.common.errors import ApiError

Answer = tuple[int, dict[str, str], bytes]

_JSON_1_1 = "application/x-amz-json-1.1"


def parsed(body: bytes | str) -> dict[str, Any]:
    """Parse a request body. Raises ApiError."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "The request is not a JSON object.")
    return request


def answer_json(call: Callable[[], dict[str, Any]]) -> Answer:
    """Return the result of `call`, or its ApiError, in the JSON protocol."""
    try:
        return 200, {"Content-Type": _JSON_1_1}, json.dumps(call()).encode()
    except ApiError as error:
        content = {"__type": error.code, "message": error.message, **error.extra}
        return error.status, {"Content-Type": _JSON_1_1, "x-amzn-errortype": error.code}, json.dumps(content).encode()
