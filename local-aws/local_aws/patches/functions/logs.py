"""Keep a Lambda's logs from creating the group that its stack declared.

MiniStack creates a missing group on the first line. A function whose stack is being deleted still writes its last lines
and would permanently recreate the deleted group.
"""

from typing import Any

from local_aws import private_api

_EMIT = private_api.declare(
    "ministack.services.lambda_svc",
    "_emit_lambda_logs",
    "keep a deleted log group deleted",
    takes=("func", "request_id", "log_text", "error", "duration_ms", "log_source"),
)
_GROUPS = private_api.declare("ministack.services.cloudwatch_logs", "_log_groups", "keep a deleted log group deleted")
_FUNCTIONS = private_api.declare(
    "ministack.services.lambda_svc", "_functions", "keep a deleted function's log group deleted"
)


def install() -> None:
    """Drop lines whose group does not exist."""
    emit = _EMIT.get()

    def emitting(func: Any, *args: Any, **keywords: Any) -> None:
        if may_log(func.get("config") or func):
            emit(func, *args, **keywords)

    _EMIT.set(emitting)


def may_log(config: dict[str, Any]) -> bool:
    """Whether the group exists or is an existing function's default group, the only kind that Lambda creates."""
    name = config.get("FunctionName", "unknown")
    default = f"/aws/lambda/{name}"
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or default
    return group in _GROUPS.get() or (group == default and name in _FUNCTIONS.get())
