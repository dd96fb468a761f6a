"""Find the state machine execution that the current work belongs to."""

import contextvars
from typing import Any

from local_aws import private_api

_MODULE = "ministack.services.stepfunctions"
_RUN = private_api.declare(_MODULE, "_run_execution", "know the execution that a task belongs to", takes=("exec_arn",))
_EXECUTIONS = private_api.declare(_MODULE, "_executions", "know the execution that a task belongs to")

_current: contextvars.ContextVar[str] = contextvars.ContextVar("execution", default="")


def install() -> None:
    """Track each execution on the thread that runs it; a nested execution that is awaited runs on the same thread."""
    run_execution = _RUN.get()

    def run(exec_arn: str) -> None:
        before = _current.set(exec_arn)
        try:
            run_execution(exec_arn)
        finally:
            _current.reset(before)

    _RUN.set(run)


def arn() -> str:
    """Return the execution's ARN, "" outside an execution."""
    return _current.get()


def current() -> dict[str, Any] | None:
    """Return MiniStack's record of the execution; None outside an execution, or if its state machine is gone."""
    execution: dict[str, Any] | None = _EXECUTIONS.get().get(_current.get())
    return execution
