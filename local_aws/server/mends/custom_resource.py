"""A custom resource whose Lambda fails is answered FAILED at once, with the Lambda's own error, and its service token
cannot change.

MiniStack ignores the failure and waits an hour for an answer. A Lambda that returns without answering may do so later
(ours starts a state machine that answers), so only a failed invocation counts. It also sends an update to another
function, which knows nothing of the resource (CloudFormation's template reference on ServiceToken: "Updates are not
supported"; its message is published in serverless/serverless #9240).
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
_STACKS = seams.declare(
    "ministack.services.cloudformation", "_stacks", "refuse another service token for a custom resource"
)
_UPDATE = seams.declare(
    "ministack.services.cloudformation.provisioners",
    "_custom_resource_update",
    "refuse another service token for a custom resource",
    takes=("physical_id", "old_props", "new_props", "stack_name", "logical_id", "resource_type"),
)

# Only the invocation that follows on the registration, in the same thread: others may carry the same event.
_token: contextvars.ContextVar[str | None] = contextvars.ContextVar("rubric_custom_resource", default=None)


def install() -> None:
    """Watch the invocation that follows on the registration of a response token, and updates."""
    register, execute, update = _REGISTER.get(), _EXECUTE.get(), _UPDATE.get()

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

    def updating(
        physical_id: Any,
        old_props: dict[str, Any],
        new_props: dict[str, Any],
        stack_name: str,
        *more: Any,
        **named: Any,
    ) -> Any:
        changed = old_props.get("ServiceToken") != new_props.get("ServiceToken")
        if changed and not _rolls_back(stack_name):
            raise ValueError("Modifying service token is not allowed.")
        return update(physical_id, old_props, new_props, stack_name, *more, **named)

    _REGISTER.set(registering)
    _EXECUTE.set(executing)
    _UPDATE.set(updating)


def _rolls_back(stack_name: str) -> bool:
    """Whether the stack goes back to the token that the resource has had all the time."""
    return "ROLLBACK" in str((_STACKS.get().get(stack_name) or {}).get("StackStatus"))


def failed(event: dict[str, Any], body: Any) -> dict[str, Any]:
    """The answer to CloudFormation for a Lambda that failed with `body`."""
    error = body if isinstance(body, dict) else {"errorMessage": str(body)}
    kind, message = error.get("errorType"), error.get("errorMessage", json.dumps(error))
    return {
        "Status": "FAILED",
        "Reason": f"{kind}: {message}"[:1000] if kind else str(message)[:1000],
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["RequestId"],
    }
