"""Report Step Functions executions: AWS/States metrics, and events in the state machine's log group."""

import hashlib
import json
import time
from datetime import datetime
from typing import Any

from local_aws import private_api
from local_aws.patches.cloudwatch import logs, metrics

_MODULE = "ministack.services.stepfunctions"
_STATUS = private_api.declare(
    _MODULE, "_emit_execution_status_event", "publish metrics of executions", takes=("execution",)
)
_EVENT = private_api.declare(
    _MODULE, "_add_event", "log the events of executions", takes=("execution", "event_type", "details")
)
_MACHINES = private_api.declare(_MODULE, "_state_machines", "know where a state machine logs to")

_NAMESPACE = "AWS/States"
_METRIC_OF = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
_FATAL = ("ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")


def install() -> None:
    """Track each execution's status and events."""
    emit, add = _STATUS.get(), _EVENT.get()

    def emitting(execution: dict[str, Any]) -> None:
        emit(execution)
        publish(execution)
        if execution["status"] == "RUNNING":
            write_log(execution, execution["events"][0])

    def adding(execution: dict[str, Any], event_type: str, details: Any = None) -> Any:
        event = add(execution, event_type, details)
        write_log(execution, event)
        return event

    _STATUS.set(emitting)
    _EVENT.set(adding)


def publish(execution: dict[str, Any]) -> None:
    """Publish the metrics for an execution's new status."""
    dimensions = {"StateMachineArn": execution["stateMachineArn"]}
    metrics.record(_NAMESPACE, _METRIC_OF[execution["status"]], 1, "Count", dimensions)
    if execution["status"] != "RUNNING":
        taken = (_epoch(execution["stopDate"]) - _epoch(execution["startDate"])) * 1000
        metrics.record(_NAMESPACE, "ExecutionTime", max(0.0, taken), "Milliseconds", dimensions)


def write_log(execution: dict[str, Any], event: dict[str, Any]) -> None:
    """Deliver an event to the state machine's log group if its logging level includes it."""
    machine = _MACHINES.get().get(execution["stateMachineArn"])
    settings = _lowered((machine or {}).get("loggingConfiguration") or {})
    if machine is None or not wanted(str(settings.get("level", "OFF")), event["type"]):
        return
    with_data = str(settings.get("includeExecutionData", False)).lower() == "true"
    line = json.dumps(log_entry(execution, event, with_data=with_data))
    digest = hashlib.sha256(execution["executionArn"].encode()).hexdigest()[:8]
    stream = f"states/{machine['name']}/{time.strftime('%Y-%m-%d-%H-%M', time.gmtime())}/{digest}"
    for destination in settings.get("destinations") or []:
        arn = (destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn")
        if arn:
            logs.deliver(logs.group_name(arn), stream, line)


def wanted(level: str, event_type: str) -> bool:
    """Whether a logging level (ALL, ERROR, FATAL, OFF) includes an event of this type."""
    if level == "ALL":
        return True
    if level == "ERROR":
        return event_type.endswith(("Failed", "Aborted", "TimedOut"))
    return level == "FATAL" and event_type in _FATAL


def log_entry(execution: dict[str, Any], event: dict[str, Any], *, with_data: bool) -> dict[str, Any]:
    """Return an event in the form that Step Functions logs; inputs and outputs only `with_data`."""
    details: dict[str, Any] = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    if not with_data:
        details = {key: value for key, value in details.items() if key not in ("input", "output")}
    return {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "previous_event_id": str(event["id"] - 1),
        "event_timestamp": str(int(_epoch(event["timestamp"]) * 1000)),
        "execution_arn": execution["executionArn"],
        "redrive_count": "0",
    }


def _epoch(iso: Any) -> float:
    if isinstance(iso, int | float):
        return float(iso)
    return datetime.fromisoformat(str(iso)).timestamp()


def _lowered(value: Any) -> Any:
    """Convert keys to the API's form; templates use an initial capital."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lowered(each) for key, each in value.items()}
    return [_lowered(each) for each in value] if isinstance(value, list) else value
