"""A model that sleeps rings no alarm, and whatever else is wrong meanwhile still does.

The templates' alarms get the values of a few minutes, and are evaluated as the local AWS does it.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local_aws.patches.cloudwatch import alarm_datapoints, alarm_evaluation, alarm_resources
from tests.stacks.conftest import Synthesised

NAME = "rubric-dev-component"
WAKES = "the alarm that wakes"
# Sums a minute by metric, the newest first; a metric that is not there has no data.
Minutes = dict[tuple[str, str], list[float]]
QUIET: Minutes = {
    ("Rubric", "SettlingDone"): [1, 1, 1, 1, 1],
    ("Rubric", "ApprovedDiffersFromServing"): [0, 0, 0, 0, 0],
    ("Rubric", "ServingStackStuck"): [0, 0, 0, 0, 0],
    ("Rubric", "WakingSeconds"): [0, 0, 0, 0, 0],
    ("Rubric", "ModelCopies"): [0, 0, 0, 0, 0],
}
# Callers who try again and again. The gateway and the function count one of them in different minutes.
CALLED: Minutes = {
    **QUIET,
    ("AWS/ApiGateway", "5xx"): [4, 7, 6, 6, 3],
    ("Rubric", "AsleepRefused"): [4, 6, 7, 6, 3],
    ("AWS/SageMaker", "NoCapacityInvocationFailures"): [4, 6, 7, 6, 3],
    ("Rubric", "WakingSeconds"): [250, 190, 130, 70, 10],
}
BY_BEDROCK: Minutes = {
    **QUIET,
    ("Rubric", "AsleepFallbackAnswers"): [4, 6, 7, 6, 3],
    ("AWS/SageMaker", "NoCapacityInvocationFailures"): [4, 6, 7, 6, 3],
    ("Rubric", "WakingSeconds"): [250, 190, 130, 70, 10],
}


def ringing(environment: Synthesised, minutes: Minutes, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The short names of the alarms that ring after these minutes."""

    def series(metric: Any, *, statistic: str, period: int, periods: int, end: float) -> list[float | None]:
        assert period == 60
        values = minutes.get((metric["Namespace"], metric["MetricName"]), [])
        return [values[index] if index < len(values) else None for index in range(periods)]

    monkeypatch.setattr(alarm_datapoints, "series", series)
    found = set()
    for where, alarm in environment.everything("AWS::CloudWatch::Alarm").items():
        properties = {**alarm["Properties"], "StateValue": "OK"}
        if "Metrics" in properties:
            properties["Metrics"] = alarm_resources.queries(properties["Metrics"])
        if alarm_evaluation.state(alarm_datapoints.of_alarm(properties), properties) == "ALARM":
            found.add(_name(where, properties))
    return found


def _name(where: str, properties: dict[str, Any]) -> str:
    if where.startswith("serving/"):
        return WAKES
    return str(properties.get("AlarmName") or re.findall(r"/Alarms(\w+)[0-9A-F]{8}$", where)[0])


@pytest.mark.parametrize(
    ("minutes", "rings"),
    [(QUIET, set()), (CALLED, {WAKES}), (BY_BEDROCK, {WAKES})],
    ids=["nobody calls", "callers are refused", "Bedrock answers them"],
)
def test_asleep_rings_no_alarm_but_the_one_that_wakes(
    asleep: Synthesised, monkeypatch: pytest.MonkeyPatch, minutes: Minutes, rings: set[str]
) -> None:
    assert ringing(asleep, minutes, monkeypatch) == rings


def test_many_callers_whom_the_gateway_counts_some_milliseconds_later(
    asleep: Synthesised, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred a second: a minute's border cuts off a few of them, and in two minutes the same way."""
    many: Minutes = {("AWS/ApiGateway", "5xx"): [6009, 6005, 5990], ("Rubric", "AsleepRefused"): [6000, 6000, 6000]}
    assert ringing(asleep, {**CALLED, **many}, monkeypatch) == {WAKES}


@pytest.mark.parametrize(
    ("fault", "rings"),
    [
        ({("AWS/ApiGateway", "5xx"): [9, 9]}, {"Api5xx", WAKES}),
        ({("AWS/ApiGateway", "5xx"): [9, 9], ("Rubric", "AsleepRefused"): []}, {"Api5xx", WAKES}),
        ({("Rubric", "WakingSeconds"): [1800]}, {"ModelDoesNotWake", WAKES}),
        ({("Rubric", "FallbackAnswers"): [1]}, {"FallbackAnswers", WAKES}),
        ({("AWS/SageMaker", "Invocation5XXErrors"): [1]}, {"Endpoint5xx", f"{NAME}-rollback-Faults", WAKES}),
        ({("Rubric", "SettlingDone"): []}, {"ReconcilerFails", WAKES}),
    ],
    ids=["more errors", "other errors", "no copy comes", "Bedrock answers others", "the endpoint", "nobody looks"],
)
def test_what_is_wrong_meanwhile_rings(
    asleep: Synthesised, monkeypatch: pytest.MonkeyPatch, fault: Minutes, rings: set[str]
) -> None:
    assert ringing(asleep, {**CALLED, **fault}, monkeypatch) == rings


def test_the_metrics_of_the_alarms_are_those_of_the_component(asleep: Synthesised) -> None:
    """SageMaker counts a component's requests by its name alone ("monitoring-cloudwatch" in its guide)."""
    dimensions = {
        alarm["Properties"]["MetricName"]: {each["Name"]: each["Value"] for each in alarm["Properties"]["Dimensions"]}
        for alarm in asleep.everything("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("Namespace") in ("AWS/SageMaker", "/aws/sagemaker/Endpoints")
    }
    assert len(dimensions) >= 4
    assert {json.dumps(each) for each in dimensions.values()} == {json.dumps({"InferenceComponentName": NAME})}


def test_the_dashboard_shows_a_sleep_by_the_component_s_name(asleep: Synthesised, dev: Synthesised) -> None:
    def board(environment: Synthesised) -> str:
        [found] = environment.resources("monitoring", "AWS::CloudWatch::Dashboard").values()
        return json.dumps(found["Properties"]["DashboardBody"]).replace("\\", "")

    shown = board(asleep)
    for title in ("copies of the model", "requests that came too early", "wakes, seconds"):
        assert f"Sleep: {title}" in shown and f"Sleep: {title}" not in board(dev)
    for metric in ("NoCapacityInvocationFailures", "Invocations", "ModelLatency"):
        assert f'"AWS/SageMaker","{metric}","InferenceComponentName","{NAME}"' in shown
    assert f'"CPUUtilizationNormalized","InferenceComponentName","{NAME}"' in shown
    assert f'"EndpointName","{NAME}"' not in shown
