"""The SageMaker endpoint: one call, and its failures as the API's problems."""

from __future__ import annotations

import json
from typing import Any, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from lambda_src.classify.backends.answer import ModelAnswer, ModelAsleep, bad_answer, throttled, timed_out, unavailable
from lambda_src.common import aws
from lambda_src.common.problems import Problem

# The API answers within 29 s: 1 + 16 here, and the rest for the request log. With a fallback the two share this time.
CONNECT_TIMEOUT = 1.0
READ_TIMEOUT = 16.0

_UNAVAILABLE = {"ValidationError", "ServiceUnavailable", "InternalFailure", "InternalDependencyException"}
_UNAVAILABLE |= {"ModelNotReadyException", "ServiceUnavailableException"}
_THROTTLED = {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"}
# The model server's codes for a fault in a text; its other codes are our own faults.
_TEXT_FAULTS = {"invalid_inputs", "empty_inputs"}


def make_client(*, read_timeout: float = READ_TIMEOUT) -> Any:
    """A client that never retries: a second read timeout would not fit into the API's 29 s."""
    return aws.client("sagemaker-runtime", connect_timeout=CONNECT_TIMEOUT, read_timeout=read_timeout, attempts=1)


class WakesPort(Protocol):
    """Says how long a wake takes (lambda_src.classify.wakes.Wakes)."""

    def retry_after(self) -> int: ...


class Endpoint:
    """The endpoint called `name`. component: the inference component that is the model, "" where the endpoint has one.

    wakes: says when a sleeping component will answer; None where it is not asked.
    """

    def __init__(
        self, runtime: Any, *, name: str, component: str = "", wakes: WakesPort | None = None, logger: Any
    ) -> None:
        self._runtime = runtime
        self._name = name
        self._component = component
        self._wakes = wakes
        self._logger = logger

    def classify(self, texts: tuple[str, ...]) -> ModelAnswer:
        """The answer to a list of texts. Raises Problem 413, 422, 429, 502, 503 or 504, after logging the cause."""
        try:
            response = self._invoke(json.dumps({"inputs": texts}, ensure_ascii=False).encode())
            raw = response["Body"].read()
        except (BotoCoreError, ClientError) as error:
            if self._wakes is not None and is_asleep(error):
                raise ModelAsleep(self._wakes.retry_after()) from error
            problem = problem_of(error)
            self._logger.warning("endpoint failed", endpoint=self._name, status=problem.status, **_cause(error))
            raise problem from error
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError) as error:
            self._logger.error("the endpoint's answer is not JSON", endpoint=self._name, bytes=len(raw))
            raise bad_answer() from error
        return ModelAnswer(document=document, variant=str(response.get("InvokedProductionVariant", "")))

    def _invoke(self, body: bytes) -> Any:
        call = {"EndpointName": self._name, "ContentType": "application/json", "Accept": "application/json"}
        if self._component:
            call["InferenceComponentName"] = self._component
        try:
            return self._runtime.invoke_endpoint(**call, Body=body)
        except ConnectionClosedError:
            # The other side had closed a kept-alive connection: there was no answer, and a call changes nothing.
            return self._runtime.invoke_endpoint(**call, Body=body)


def is_asleep(error: BotoCoreError | ClientError) -> bool:
    """Whether a component has no copy; SageMaker says that in words alone.

    "Inference Component has no capacity to process this request" (AWS blog, "Unlock cost savings with the new scale
    down to zero feature in SageMaker Inference").
    """
    return aws.error_code(error) == "ValidationError" and "no capacity" in str(error).lower()


def _cause(error: BotoCoreError | ClientError) -> dict[str, Any]:
    """What to log about a failed call: not the container's message, which may quote a text; its own log has that."""
    response = getattr(error, "response", {})
    if aws.error_code(error) == "ModelError":
        return {
            "cause": "ModelError",
            "model_status": response.get("OriginalStatusCode"),
            "model_log": response.get("LogStreamArn"),
        }
    return {"cause": str(error)[:500]}


def problem_of(error: BotoCoreError | ClientError) -> Problem:
    """The Problem for a failed call; re-raises our own faults (such as a missing permission), which become a 500."""
    if isinstance(error, ReadTimeoutError):
        return timed_out()
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError | ConnectionClosedError):
        return unavailable()
    if isinstance(error, ResponseStreamingError):
        return bad_answer()
    if not isinstance(error, ClientError):
        raise error
    code = aws.error_code(error)
    if code == "ModelError":
        return _problem_of_model_error(error.response)
    if code in _UNAVAILABLE:
        return unavailable()
    if code in _THROTTLED:
        return throttled()
    raise error


def _problem_of_model_error(response: dict[str, Any]) -> Problem:
    status = int(response.get("OriginalStatusCode") or 0)
    message = str(response.get("OriginalMessage") or response.get("Error", {}).get("Message", ""))
    if status == 503:
        return unavailable()
    if status == 429:
        return throttled()
    if status in (408, 504) or "timed out" in message.lower() or "timeout" in message.lower():
        return timed_out()
    fault = _model_error_code(message) if status == 400 else ""
    if status == 413 or fault == "too_large":
        return Problem("body-too-large", "The texts together are too large for the model. Send fewer per request.")
    if fault in _TEXT_FAULTS:
        return Problem("invalid-input", "The model cannot read one of the texts. Check that each is plain text.")
    return bad_answer()


def _model_error_code(message: str) -> str:
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict):
        return ""
    error = document.get("error")
    if isinstance(error, dict):
        return str(error.get("code", ""))
    # The Hugging Face container wraps an exception's message in an error of its own.
    inner = document.get("message")
    return _model_error_code(inner) if isinstance(inner, str) else ""
