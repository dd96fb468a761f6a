"""Tests environments/rules/scaling.py."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

ZERO = "min_instances: 0, max_instances: 2, target_invocations_per_instance: 60"


def at(**entry: object) -> str:
    """A schedule of one entry, on an endpoint that scales from 1 to 2 instances."""
    values = {"cron": "0 20 ? * MON-FRI *", "min_instances": 1, "max_instances": 1} | entry
    return (
        "serving: {max_instances: 2, target_invocations_per_instance: 60, schedule: ["
        + "{"
        + ", ".join(f"{name}: {value!r}" for name, value in values.items())
        + "}]}"
    )


REFUSED = [
    (
        f"region: eu-west-3\nserving: {{{ZERO}}}",
        "serving.min_instances: 0 is not allowed; CloudFormation has no AWS::SageMaker::InferenceComponent in eu-west-",
    ),
    (
        f"serving: {{{ZERO}, data_capture_percent: 10}}",
        "serving.data_capture_percent: 10 is not allowed; AWS documents no capture for a model that sleeps",
    ),
    (
        f"serving: {{{ZERO}, canary_percent: 10}}",
        "serving.canary_percent: 10 is not allowed; a model that sleeps is rolled out copy by copy",
    ),
    (
        f"serving: {{{ZERO}, canary_min_requests: 10}}",
        "serving.canary_min_requests: 10 is not allowed; SageMaker does not count a component's requests by model",
    ),
    (
        f"serving: {{{ZERO}}}\nab_tests: {{new_models: live}}",
        "ab_tests.new_models: 'live' is not allowed; a live test's champion must not sleep",
    ),
    (
        "serving: {copy_memory_mb: 2048}",
        "serving.copy_memory_mb: 2048 is not allowed; it needs serving.min_instances: 0 (now 1)",
    ),
    (
        at(min_instances=0),
        "serving.schedule.0.min_instances: 0 is not allowed; only a model that sleeps can be without instances",
    ),
    (
        at(cron="0 20 * * *"),
        "serving.schedule.0.cron: '0 20 * * *' is not allowed; use six fields, minutes, hours, day of month",
    ),
    (
        at(min_instance=1),
        "serving.schedule.0.min_instance: is not a setting; did you mean 'min_instances'? allowed here: cron",
    ),
    (at(min_instances=2), "serving.schedule.0.max_instances: 1 is not allowed; use 2 or more"),
    (
        at(time_zone="Europe/Nowhere"),
        "serving.schedule.0.time_zone: 'Europe/Nowhere' is not allowed; use an IANA name such as Europe/Berlin",
    ),
    (
        at(cron="0 20 1 * MON *"),
        "serving.schedule.0.cron: '0 20 1 * MON *' is not allowed; put ? for the day of month or for the day of week",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


ALLOWED = [
    f"serving: {{{ZERO}}}",
    f"serving: {{{ZERO}, copy_memory_mb: 2048, copy_cpus: 1.5}}\nab_tests: {{new_models: replay}}",
    at(time_zone="Europe/Berlin"),
    f"serving: {{{ZERO}, schedule: [{{cron: '0 20 ? * * *', min_instances: 0, max_instances: 0}}]}}",
    "serving: {schedule: [{cron: '0 6 ? * * *', min_instances: 1, max_instances: 1}]}",
]


@pytest.mark.parametrize("override", ALLOWED)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)
