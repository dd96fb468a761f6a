"""What every backend has in common: its one method, its answer, and its failures in the API's terms. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from lambda_src.common.problems import Problem

SAGEMAKER, BEDROCK = "sagemaker", "bedrock"
_RETRY_AFTER_UNAVAILABLE = "5"
_RETRY_AFTER_THROTTLED = "1"


@dataclass(frozen=True)
class ModelAnswer:
    """What was answered (parsed JSON), the production variant that did and the backend it belongs to.

    cached: whether it comes from memory; None where there is no memory.
    """

    document: Any
    variant: str
    backend: str = SAGEMAKER
    cached: bool | None = None


class Backend(Protocol):
    """What classifies (endpoint.Endpoint, bedrock.BedrockModel, fallback.WithFallback, answer_cache.CallersCache)."""

    def classify(self, texts: tuple[str, ...]) -> ModelAnswer:
        """The answer to a list of texts. Raises Problem."""


def bad_answer() -> Problem:
    """502: the model's answer cannot be used."""
    return Problem("bad-model-answer", "The model gave no usable answer. Report the request id if this continues.")


def unavailable() -> Problem:
    """503: nothing is there to answer, for the moment."""
    detail = "The model is not available at the moment. Try again in a few seconds."
    return Problem("model-unavailable", detail, headers={"retry-after": _RETRY_AFTER_UNAVAILABLE})


def throttled() -> Problem:
    """429: the model is asked too often."""
    detail = "The model gets too many requests at the moment. Try again in a second, or send several texts a call."
    return Problem("too-many-requests", detail, headers={"retry-after": _RETRY_AFTER_THROTTLED})


def timed_out() -> Problem:
    """504: the model did not answer in its share of the API's 29 s."""
    return Problem("model-timeout", "The model did not answer in time. Try again, or send fewer texts a call.")
