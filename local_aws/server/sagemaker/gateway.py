"""SageMaker's requests as MiniStack hands them over: the control plane's JSON protocol and the runtime."""

import asyncio
import contextvars
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from local_aws.server.sagemaker import operations, runtime
from local_aws.server.sagemaker.errors import ApiError
from local_aws.server.sagemaker.plane import Plane

logger = logging.getLogger("rubric.sagemaker")

Answer = tuple[int, dict[str, str], bytes]
T = TypeVar("T")

JSON_1_1 = "application/x-amz-json-1.1"
_THREADS = 64


class Gateway:
    """Answers on threads of its own: neither a slow model nor the Lambdas that wait for it may block the server."""

    def __init__(self, plane: Plane, run: runtime.Runtime) -> None:
        self._plane = plane
        self._runtime = run
        self._invocations = ThreadPoolExecutor(_THREADS, thread_name_prefix="sagemaker-runtime")
        self._calls = ThreadPoolExecutor(8, thread_name_prefix="sagemaker-api")

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes | str, query_params: dict[str, Any]
    ) -> Answer:
        """MiniStack's service handler."""
        name = runtime.endpoint_name(method, path)
        if name is not None:
            content = body.encode() if isinstance(body, str) else body or b""
            return await _on(self._invocations, lambda: self._invoke(name, headers, content))
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        return await _on(self._calls, lambda: answer_json(lambda: self._call(operation, body)))

    def _invoke(self, name: str, headers: dict[str, str], body: bytes) -> Answer:
        try:
            return self._runtime.invoke(name, headers, body)
        except ApiError as error:
            return runtime.error_answer(error)

    def _call(self, operation: str, body: bytes | str) -> dict[str, Any]:
        return operations.call(self._plane, operation, parsed(body))


def parsed(body: bytes | str) -> dict[str, Any]:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise ApiError("SerializationException", "The request is not a JSON object.")
    return request


def answer_json(call: Callable[[], dict[str, Any]]) -> Answer:
    """The answer of `call`, or its ApiError, in the JSON protocol."""
    try:
        return 200, {"Content-Type": JSON_1_1}, json.dumps(call()).encode()
    except ApiError as error:
        content = {"__type": error.code, "message": error.message, **error.extra}
        return error.status, {"Content-Type": JSON_1_1, "x-amzn-errortype": error.code}, json.dumps(content).encode()


async def _on(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(pool, context.run, work)
