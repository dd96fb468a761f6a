"""Settings of the classifier that contradict one another, or take longer than the API may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings

# What the endpoint and a fallback share: the rest of the API's 29 seconds is for connecting and for the request log.
SHARED_SECONDS = 14


def problems(settings: Settings) -> Iterator[Problem]:
    """Settings that a Bedrock model needs, and settings that have no effect without one."""
    classifier, bedrock = settings.classifier, settings.classifier.bedrock
    at = ("classifier", "bedrock")
    if not classifier.uses_bedrock:
        for field in bedrock.model_fields_set:
            allowed = "Bedrock is not used: set classifier.backend or classifier.fallback to bedrock, or remove it"
            yield Problem((*at, field), getattr(bedrock, field), allowed)
        return
    if not classifier.trained and classifier.fallback != "none":
        allowed = "classifier.backend is bedrock already; remove it"
        yield Problem(("classifier", "fallback"), classifier.fallback, allowed)
    if not classifier.trained and classifier.endpoint_seconds is not None:
        allowed = "with classifier.backend bedrock there is no endpoint; remove it"
        yield Problem(("classifier", "endpoint_seconds"), classifier.endpoint_seconds, allowed)
    if bedrock.model_id is None:
        yield Problem((*at, "model_id"), None, "name the foundation model that may be called")
    yield from _bedrock_labels(bedrock.labels, trained=classifier.trained)
    if classifier.trained and classifier.endpoint_timeout + bedrock.timeout_seconds > SHARED_SECONDS:
        allowed = (
            f"together with classifier.endpoint_seconds ({classifier.endpoint_timeout}) it may be {SHARED_SECONDS} at "
            "most, to fit into the API's 29 seconds"
        )
        yield Problem((*at, "timeout_seconds"), bedrock.timeout_seconds, allowed)


def _bedrock_labels(labels: list[str], *, trained: bool) -> Iterator[Problem]:
    key = ("classifier", "bedrock", "labels")
    if trained and labels:
        yield Problem(key, labels, "a fallback chooses from the approved model's labels; remove it")
    if not trained and len(labels) < 2:
        yield Problem(key, labels or None, "classifier.backend is bedrock: name at least two labels")
    if len(set(labels)) < len(labels):
        yield Problem(key, labels, "name each label once")
