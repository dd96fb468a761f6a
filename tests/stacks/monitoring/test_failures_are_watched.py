"""A failure of any function, state machine or project rings an alarm or is reported in another way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.functions import name_of
from tests.stacks.conftest import Synthesised

BY_CLOUDFORMATION = "CloudFormation alone asks for it, and reports that it failed"
# Why no alarm of their own is needed: functions by their folder, machines and projects by the end of their name.
FUNCTIONS = {
    "cleanup": BY_CLOUDFORMATION,
    "check_rollout": BY_CLOUDFORMATION,
    "private_network": BY_CLOUDFORMATION,
    "prepare_training": "the training machine fails with it, which has an alarm",
    "gate": "the training machine fails with it, which has an alarm",
    "retrain": "the retraining machine fails with it, which has an alarm",
    "promote": "the promotion machine fails with it, which has an alarm, and its look each minute has one of its own",
}
MACHINES = {"first-model": BY_CLOUDFORMATION}
PROJECTS = {"lean": BY_CLOUDFORMATION}


def alarms(environment: Synthesised) -> list[dict[str, Any]]:
    return [alarm["Properties"] for alarm in environment.resources("monitoring", "AWS::CloudWatch::Alarm").values()]


def watched(environment: Synthesised) -> str:
    """All alarms' metrics on failures, those of an expression too."""
    return json.dumps([alarm for alarm in alarms(environment) if _on_failures(json.dumps(alarm))])


def _on_failures(alarm: str) -> bool:
    return any(f'"MetricName": "{name}"' in alarm for name in ("Errors", "ExecutionsFailed", "FailedBuilds"))


def kept(environment: Synthesised, part: str, function: str) -> bool:
    """Whether the events that a function fails to handle go to a queue whose messages ring an alarm."""
    for config in environment.resources(part, "AWS::Lambda::EventInvokeConfig").values():
        if config["Properties"]["FunctionName"] == {"Ref": function}:
            [queue, _] = config["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"]
            rung = [a for a in alarms(environment) if a.get("MetricName") == "ApproximateNumberOfMessagesVisible"]
            return any(queue in json.dumps(alarm["Dimensions"]) for alarm in rung)
    return False


def unwatched(environment: Synthesised) -> Iterator[str]:
    """Failures that nobody hears of, and reasons for resources that do not exist or are already reported."""
    text = watched(environment)
    for where, function in environment.everything("AWS::Lambda::Function").items():
        part, name = where.split("/")
        folder = name_of(function["Properties"]["Handler"])
        # An export of another stack, or the name itself, is in the alarm's dimensions.
        has_alarm = name in text or kept(environment, part, name)
        if has_alarm == (folder in FUNCTIONS):
            yield f"{folder}: {'has an alarm and a reason for none' if has_alarm else 'no alarm and no reason'}"
    for where, machine in environment.everything("AWS::StepFunctions::StateMachine").items():
        name = machine["Properties"]["StateMachineName"]
        if (f":stateMachine:{name}" in text) == name.endswith(tuple(MACHINES)):
            yield f"{where}: the machine"
    for where, project in environment.everything("AWS::CodeBuild::Project").items():
        if not project["Properties"]["Name"].endswith(tuple(PROJECTS)):
            yield f"{where}: the project"


def test_nothing_fails_unheard(each: Synthesised) -> None:
    assert list(unwatched(each)) == []


def test_what_has_no_alarm_is_found(dev: Synthesised) -> None:
    there = {name_of(each["Properties"]["Handler"]) for each in dev.everything("AWS::Lambda::Function").values()}
    without = {**FUNCTIONS}
    FUNCTIONS.clear()
    try:
        assert set(unwatched(dev)) == {f"{name}: no alarm and no reason" for name in without if name in there}
    finally:
        FUNCTIONS.update(without)


def test_what_cloudformation_alone_asks_for_nobody_else_may_call(each: Synthesised) -> None:
    for where, function in each.everything("AWS::Lambda::Function").items():
        part, name = where.split("/")
        if FUNCTIONS.get(name_of(function["Properties"]["Handler"])) == BY_CLOUDFORMATION:
            assert name not in json.dumps(each.resources(part, "AWS::Lambda::Permission")), where
            assert name not in json.dumps(each.resources(part, "AWS::StepFunctions::StateMachine")), where


def test_the_reconciler_is_heard_of_when_it_has_not_ended_well_for_five_minutes(each: Synthesised) -> None:
    [alarm] = [
        alarm["Properties"]
        for name, alarm in each.resources("monitoring", "AWS::CloudWatch::Alarm").items()
        if "ReconcilerFails" in name
    ]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (5, "breaching")
    # For that check alone: tests/unit/lambda_src/pipeline/promote/test_handler.py.
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Rubric", "SettlingDone", "Sum")
    [functions] = [
        function["Properties"]["Environment"]["Variables"]
        for name, function in each.resources("training", "AWS::Lambda::Function").items()
        if name.startswith("PromotionPromoteFunction")
    ]
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    assert dimensions == {
        "service": functions["POWERTOOLS_SERVICE_NAME"],
        "environment": functions["ENVIRONMENT"],
    }
