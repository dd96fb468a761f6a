"""AWS/Lambda metrics for every invocation by any caller; MiniStack emits them only for the Invoke API.

Each metric is published by FunctionName and by FunctionName + Resource (`name`, or `name:alias` if invoked through an
alias).
"""

import time
from typing import Any

from local_aws import private_api
from local_aws.patches.cloudwatch import metrics

_MODULE = "ministack.services.lambda_svc"
_DISPATCH = private_api.declare(
    _MODULE,
    "_execute_function_dispatch",
    "measure each Lambda invocation",
    takes=("func", "config", "event", "request_id", "started"),
)
_EMIT = private_api.declare(
    _MODULE,
    "_emit_lambda_metrics",
    "keep MiniStack from counting an invocation twice",
    takes=("function_name", "duration_ms", "error", "throttle"),
)
_IN_FLIGHT = private_api.declare(_MODULE, "executions_in_flight", "publish ConcurrentExecutions", takes=())
_IN_FLIGHT_KEY = private_api.declare(_MODULE, "_inflight_key", "publish ConcurrentExecutions", takes=("config",))
_RECORD_FOR_REF = private_api.declare(
    _MODULE, "_get_func_record_for_ref", "know through which alias a Lambda is invoked", takes=("function_ref",)
)


def install() -> None:
    """Measure at the single point that every invocation passes."""
    dispatch = _DISPATCH.get()
    find = _RECORD_FOR_REF.get()

    def measured(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        _publish_concurrency(config)
        result = dispatch(func, config, event, request_id, started)
        _publish(config, failed=bool(result.get("error")), milliseconds=(time.time() - started) * 1000)
        return result

    def throttled_only(
        function_name: str, duration_ms: float = 0.0, error: bool = False, throttle: bool = False
    ) -> None:
        # The Invoke API reports the same throttle again, with a duration.
        if throttle and duration_ms == 0.0:
            metrics.record("AWS/Lambda", "Throttles", 1, "Count", {"FunctionName": function_name})

    def find_qualified(function_ref: Any) -> Any:
        record, config, name = find(function_ref)
        qualifier = _qualifier(function_ref)
        if config is not None and qualifier is not None:
            config = {**config, "FunctionArn": f"{_unqualified(config['FunctionArn'])}:{qualifier}"}
        return record, config, name

    _DISPATCH.set(measured)
    _EMIT.set(throttled_only)
    _RECORD_FOR_REF.set(find_qualified)


def _publish(config: dict[str, Any], *, failed: bool, milliseconds: float) -> None:
    for dimensions in dimension_sets(config):
        metrics.record("AWS/Lambda", "Invocations", 1, "Count", dimensions)
        metrics.record("AWS/Lambda", "Errors", int(failed), "Count", dimensions)
        metrics.record("AWS/Lambda", "Throttles", 0, "Count", dimensions)
        metrics.record("AWS/Lambda", "Duration", round(milliseconds, 2), "Milliseconds", dimensions)


def _publish_concurrency(config: dict[str, Any]) -> None:
    running = _IN_FLIGHT.get()()[1].get(_IN_FLIGHT_KEY.get()(config), 1)
    dimensions = {"FunctionName": str(config.get("FunctionName"))}
    metrics.record("AWS/Lambda", "ConcurrentExecutions", running, "Count", dimensions)


def dimension_sets(config: dict[str, Any]) -> list[dict[str, str]]:
    """Return the sets of dimensions under which AWS publishes an invocation of this configuration."""
    name = str(config.get("FunctionName"))
    qualifier = _qualifier(config.get("FunctionArn"))
    resource = f"{name}:{qualifier}" if qualifier else name
    return [{"FunctionName": name}, {"FunctionName": name, "Resource": resource}]


def _qualifier(reference: Any) -> str | None:
    parts = str(reference or "").split(":function:")[-1].split(":")
    return parts[1] if len(parts) == 2 and parts[1] not in ("", "$LATEST") else None


def _unqualified(arn: str) -> str:
    head, _, tail = arn.partition(":function:")
    return f"{head}:function:{tail.split(':')[0]}"
