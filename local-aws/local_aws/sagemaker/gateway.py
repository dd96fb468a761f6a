"""Receive SageMaker's requests from MiniStack: the control plane's JSON protocol and the runtime."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from local_aws.common.errors import ApiError
from local_aws.common.json_protocol import Answer, answer_json, parsed
from local_aws.sagemaker import operations
from local_aws.sagemaker.endpoints import runtime
from local_aws.sagemaker.plane import Plane

T = TypeVar("T")

_THREADS = 64


class Gateway:
    """Answer on separate threads: neither a slow model nor the Lambdas that wait for it may block the server."""

    def __init__(self, plane: Plane, run: runtime.Runtime) -> None:
        self._plane = plane
        self._runtime = run
        self._invocations = ThreadPoolExecutor(_THREADS, thread_name_prefix="sagemaker-runtime")
        self._calls = ThreadPoolExecutor(8, thread_name_prefix="sagemaker-api")

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes | str, query_params: dict[str, Any]
    ) -> Answer:
        """Handle a request from MiniStack."""
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


async def _on(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(pool, context.run, work)
