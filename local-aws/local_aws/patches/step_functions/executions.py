"""Which state machine execution a piece of work belongs to."""

import contextvars
from typing import Any

from local_aws import private_api

_MODULE = "ministack.services.stepfunctions"
_RUN = private_api.declare(_MODULE, "_run_execution", "know the execution that a task belongs to", takes=("exec_arn",))
_EXECUTIONS = private_api.declare(_MODULE, "_executions", "know the execution that a task belongs to")

_current: contextvars.ContextVar[str] = contextvars.ContextVar("execution", default="")


def install() -> None:
    """Follow each execution on the thread that runs it; a nested one that is waited for runs on the same thread."""
    run_execution = _RUN.get()

    def run(exec_arn: str) -> None:
        before = _current.set(exec_arn)
        try:
            run_execution(exec_arn)
        finally:
            _current.reset(before)

    _RUN.set(run)


def arn() -> str:
    """Its ARN, "" outside of one."""
    return _current.get()


def current() -> dict[str, Any] | None:
    """MiniStack's record of the execution; None outside of one, and of one whose machine is gone."""
    execution: dict[str, Any] | None = _EXECUTIONS.get().get(_current.get())
    return execution
