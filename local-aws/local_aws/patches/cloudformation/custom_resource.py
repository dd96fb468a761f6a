"""Fail a custom resource immediately if its Lambda fails, honour ServiceTimeout, and refuse a new service token.

MiniStack ignores the failure and waits an hour for an answer. A Lambda that returns without answering may still answer
later (ours starts a state machine that answers), so only a failed invocation counts. MiniStack also starts to count
ServiceTimeout only when the Lambda ends, and accepts any value (the template reference of
AWS::CloudFormation::CustomResource: an integer from 1 to 3600). And it sends an update to another function, which does
not know the resource (same page, on ServiceToken: "Updates are not supported"; CloudFormation's message is published in
serverless/serverless #9240).
"""

import contextvars
import json
import threading
from collections.abc import Callable
from typing import Any

from local_aws import private_api

_MODULE = "ministack.services.cloudformation.custom_resource"
_REGISTER = private_api.declare(
    _MODULE, "register_token", "know which invocation is a custom resource's", takes=("token",)
)
_DELIVER = private_api.declare(
    _MODULE, "deliver_response", "answer for a custom resource whose Lambda failed", takes=("token", "response")
)
_INVOKE = private_api.declare(
    _MODULE,
    "invoke_custom_resource",
    "refuse a ServiceTimeout that CloudFormation does not take",
    takes=(
        *("request_type", "logical_id", "props", "stack_name"),
        *("stack_id", "resource_type", "physical_id", "old_props"),
    ),
)
_EXECUTE = private_api.declare(
    "ministack.services.lambda_svc",
    "_execute_function_with_config_scope",
    "see that a custom resource's Lambda failed",
    takes=("func", "event"),
)
_STACKS = private_api.declare(
    "ministack.services.cloudformation", "_stacks", "refuse another service token for a custom resource"
)
_UPDATE = private_api.declare(
    "ministack.services.cloudformation.provisioners",
    "_custom_resource_update",
    "refuse another service token for a custom resource",
    takes=("physical_id", "old_props", "new_props", "stack_name", "logical_id", "resource_type"),
)

_LONGEST = 3600
# Only the invocation right after the registration, in the same thread: others may carry the same event.
_token: contextvars.ContextVar[str | None] = contextvars.ContextVar("local_aws_custom_resource", default=None)


def install() -> None:
    """Watch updates, and the invocation right after a response token is registered."""
    register, execute, update, invoke = _REGISTER.get(), _EXECUTE.get(), _UPDATE.get(), _INVOKE.get()

    def invoking(request_type: str, logical_id: str, props: dict[str, Any], *more: Any, **named: Any) -> Any:
        if request_type != "Delete":
            service_timeout(props)
        return invoke(request_type, logical_id, props, *more, **named)

    def registering(token: str) -> Any:
        _token.set(token)
        return register(token)

    def executing(func: Any, event: Any) -> Any:
        token = _token.get()
        _token.set(None)
        if token is None:
            return execute(func, event)
        return _answered_in_time(token, event, lambda: execute(func, event))

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

    _INVOKE.set(invoking)
    _REGISTER.set(registering)
    _EXECUTE.set(executing)
    _UPDATE.set(updating)


def _answered_in_time(token: str, event: dict[str, Any], execute: Callable[[], Any]) -> Any:
    """Run the Lambda for as long as CloudFormation waits; a late result is ignored."""
    seconds = service_timeout(event["ResourceProperties"])
    over = threading.Event()
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(execute())
        finally:
            over.set()

    def give_up() -> None:
        # Has no effect if the request was already answered.
        _DELIVER.get()(token, unanswered(event, seconds=seconds))
        over.set()

    watch = threading.Timer(seconds, give_up)
    watch.daemon = True
    watch.start()
    # Keep the caller's account and region.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True).start()
    over.wait()
    result = results[0] if results else None
    if isinstance(result, dict) and result.get("error"):
        _DELIVER.get()(token, failed(event, result.get("body")))
    return result


def service_timeout(properties: dict[str, Any]) -> int:
    """Return how many seconds CloudFormation waits. Raises ValueError if CloudFormation would refuse the value."""
    timeout = properties.get("ServiceTimeout", _LONGEST)
    seconds = int(timeout) if str(timeout).isascii() and str(timeout).isdigit() else 0
    if not 1 <= seconds <= _LONGEST:
        raise ValueError(f"ServiceTimeout must be an integer from 1 to {_LONGEST}, not {timeout!r}")
    return seconds


def unanswered(event: dict[str, Any], *, seconds: int) -> dict[str, Any]:
    """Return the answer for a request that has timed out."""
    reason = f"nobody has answered the request {event['RequestId']} within {seconds} seconds, its ServiceTimeout"
    return {
        "Status": "FAILED",
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["RequestId"],
    }


def _rolls_back(stack_name: str) -> bool:
    """Whether the stack is rolling back to the token that the resource still has."""
    return "ROLLBACK" in str((_STACKS.get().get(stack_name) or {}).get("StackStatus"))


def failed(event: dict[str, Any], body: Any) -> dict[str, Any]:
    """Return the answer to CloudFormation for a Lambda that failed with `body`."""
    error = body if isinstance(body, dict) else {"errorMessage": str(body)}
    kind, message = error.get("errorType"), error.get("errorMessage", json.dumps(error))
    return {
        "Status": "FAILED",
        "Reason": f"{kind}: {message}"[:1000] if kind else str(message)[:1000],
        "PhysicalResourceId": event.get("PhysicalResourceId") or event["RequestId"],
    }
