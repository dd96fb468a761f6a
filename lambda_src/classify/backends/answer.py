"""What every backend has in common: its one method, its answer, and its failures as the API's problems. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from lambda_src.common.problems import Problem

SAGEMAKER, BEDROCK = "sagemaker", "bedrock"
_RETRY_AFTER_UNAVAILABLE = "5"
_RETRY_AFTER_THROTTLED = "1"


@dataclass(frozen=True)
class ModelAnswer:
    """The answer (parsed JSON), the production variant that gave it, and its backend.

    cached: whether the answer comes from the cache; None if there is no cache. variants: of a live A/B test, which
    variant answered each text, else empty. challenger_ms: how long the challenger took; None if it did not answer.
    asleep: whether Bedrock answers because the model sleeps.
    """

    document: Any
    variant: str
    backend: str = SAGEMAKER
    cached: bool | None = None
    variants: tuple[str, ...] = ()
    challenger_ms: float | None = None
    asleep: bool = False


class Backend(Protocol):
    """Classifies texts (endpoint.Endpoint, bedrock.BedrockModel, fallback.WithFallback, answer_cache.CallersCache)."""

    def classify(self, texts: tuple[str, ...]) -> ModelAnswer:
        """The answer to a list of texts. Raises Problem."""


def bad_answer() -> Problem:
    """502: the model's answer cannot be used."""
    return Problem("bad-model-answer", "The model gave no usable answer. If this continues, report the request id.")


def unavailable() -> Problem:
    """503: no model can answer at the moment."""
    detail = "The model is not available at the moment. Try again in a few seconds."
    return Problem("model-unavailable", detail, headers={"retry-after": _RETRY_AFTER_UNAVAILABLE})


class ModelAsleep(Problem):
    """503: the model has no copy, and the request has begun to wake it. seconds: when to ask again."""

    def __init__(self, seconds: int) -> None:
        detail = f"The model was asleep and is being woken. Try again in {seconds} seconds."
        super().__init__("model-unavailable", detail, headers={"retry-after": str(seconds)})


def throttled() -> Problem:
    """429: the model gets too many requests."""
    detail = "The model is getting too many requests at the moment. Wait a second, or send several texts per request."
    return Problem("too-many-requests", detail, headers={"retry-after": _RETRY_AFTER_THROTTLED})


def timed_out() -> Problem:
    """504: the model did not answer in its share of the API's 29 s."""
    return Problem("model-timeout", "The model did not answer in time. Try again, or send fewer texts per request.")
