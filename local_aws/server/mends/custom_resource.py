"""A custom resource whose Lambda fails is answered FAILED at once, with the Lambda's own error.

MiniStack ignores the failure and waits an hour for an answer. A Lambda that returns without answering may do so later
(ours starts a state machine that answers), so only a failed invocation counts.
"""

import contextvars
import json
from typing import Any

from local_aws.server import seams

_MODULE = "ministack.services.cloudformation.custom_resource"
_REGISTER = seams.declare(_MODULE, "register_token", "know which invocation is a custom resource's", takes=("token",))
_DELIVER = seams.declare(
    _MODULE, "deliver_response", "answer for a custom resource whose Lambda failed", takes=("token", "response")
)
_EXECUTE = seams.declare(
    "ministack.services.lambda_svc",
    "_execute_function_with_config_scope",
    "see that a custom resource's Lambda failed",
    takes=("func", "event"),
)

# Only the invocation that follows on the registration, in the same thread: others may carry the same event.
_token: contextvars.ContextVar[str | None] = contextvars.ContextVar("rubric_custom_resource", default=None)


def install() -> None:
    """Watch the invocation that follows on the registration of a response token."""
    register, execute = _REGISTER.get(), _EXECUTE.get()

    def registering(token: str) -> Any:
        _token.set(token)
        return register(token)

    def executing(func: Any, event: Any) -> Any:
        token = _token.get()
        _token.set(None)
        result = execute(func, event)
        if token is not None and isinstance(result, dict) and result.get("error"):
            _DELIVER.get()(token, failed(event, result.get("body")))
        return result

    _REGISTER.set(registering)
    _EXECUTE.set(executing)


def failed(event: dict[str, Any], body: Any) -> dict[str, Any]:
    """The answer to CloudFormation for a Lambda that failed with `body`."""
    error = body if isinstance(body, dict) else {"errorMessage": str(body)}
    kind, message = error.get("errorType"), error.get("errorMessage", json.dumps(error))
    return {
        "Status": "FAILED",
        "Reason": f"{kind}: {message}"[:1000] if kind else str(message)[:1000],
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["RequestId"],
    }
