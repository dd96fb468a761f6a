"""Report a Lambda's exception class as the errorType, so that Step Functions can retry it by name.

MiniStack reports "Runtime.HandlerError" for every exception, and no stack trace.
"""

import contextvars
from typing import Any

from local_aws import private_api

_SENT = '"error": str(e), "trace": traceback.format_exc()'
_SCRIPT = private_api.declare(
    "ministack.core.lambda_runtime",
    "_PYTHON_WORKER_SCRIPT",
    "report the class of an exception in a Lambda",
    expects=lambda script: isinstance(script, str) and _SENT in script,
)
_INVOKE = private_api.declare(
    "ministack.core.lambda_runtime",
    "Worker.invoke",
    "report the class of an exception in a Lambda",
    takes=("self", "event", "request_id", "trace_id", "depth", "durable", "invoked_function_arn"),
)
_EXECUTE = private_api.declare(
    "ministack.services.lambda_svc",
    "_execute_function_warm",
    "report the class of an exception in a Lambda",
    takes=("func", "event", "request_id"),
)

_last: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("local_aws_lambda_answer", default=None)


def install() -> None:
    """Make the worker process report the class, and put it in the error that callers see."""
    invoke = _INVOKE.get()
    execute = _EXECUTE.get()
    _SCRIPT.set(_SCRIPT.get().replace(_SENT, f'"error_type": type(e).__name__, {_SENT}'))

    def invoking(worker: Any, *args: Any, **keywords: Any) -> Any:
        answer = invoke(worker, *args, **keywords)
        _last.set(answer)
        return answer

    def executing(func: Any, event: Any, request_id: str) -> Any:
        token = _last.set(None)
        try:
            result = execute(func, event, request_id)
            answer = _last.get() or {}
        finally:
            _last.reset(token)
        if result.get("error") and answer.get("error_type"):
            result["body"] = {
                "errorMessage": answer.get("error", ""),
                "errorType": answer["error_type"],
                "requestId": request_id,
                "stackTrace": str(answer.get("trace", "")).splitlines()[1:-1],
            }
        return result

    _INVOKE.set(invoking)
    _EXECUTE.set(executing)
