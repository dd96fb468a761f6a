"""Settings of A/B tests that contradict others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from environments.aws.instances import has_gpu, is_x86
from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings


def problems(settings: Settings) -> Iterator[Problem]:
    """Tests of new models that could not start, a split that cannot be kept, and an instance that cannot serve."""
    tests = settings.ab_tests
    if tests.new_models != "promote":
        yield from _new_models(settings)
    if tests.unit == "key" and settings.api.auth != "keys":
        allowed = f"it needs api.auth: keys (now {settings.api.auth}); use text"
        yield Problem(("ab_tests", "unit"), tests.unit, allowed)
    if tests.allocation == "thompson" and not tests.least_share <= tests.share <= tests.most_share:
        allowed = f"a test begins with it: use ab_tests.least_share ({tests.least_share}) to ab_tests.most_share "
        yield Problem(("ab_tests", "share"), tests.share, f"{allowed}({tests.most_share})")
    machine = tests.replay_instance_type
    if machine is not None and (has_gpu(machine) or not is_x86(machine)):
        allowed = "the served model is int8 for x86 CPUs: use one such as ml.c7i.xlarge"
        yield Problem(("ab_tests", "replay_instance_type"), machine, allowed)


def _new_models(settings: Settings) -> Iterator[Problem]:
    at, value = ("ab_tests", "new_models"), settings.ab_tests.new_models
    if not settings.ab_tests.enabled:
        yield Problem(at, value, "ab_tests.enabled is false; use promote")
    if not settings.classifier.trained:
        yield Problem(at, value, "classifier.backend is bedrock, so there is no trained model; use promote")
    if settings.data.request_log_text != "store":
        stored = settings.data.request_log_text
        yield Problem(at, value, f"a test needs logged texts, and data.request_log_text is {stored}; use promote")
