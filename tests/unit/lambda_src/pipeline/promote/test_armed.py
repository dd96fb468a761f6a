"""Tests models that were promoted with too little traffic: what is said of them, and that their alarms stay armed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_src.pipeline.promote import handler as promote
from tests.unit.interleavings.fakes.cloud import ALARMS, PARAMETER, Answers, Cloud, artifact
from tests.unit.interleavings.promotions.installed import VARIABLES, installed
from tests.unit.interleavings.promotions.judging import turns_of

MACHINE = "arn:aws:states:us-east-1:1:stateMachine:rubric-dev-promotion"
FAULTS, STOPPED = ALARMS
OLD, NEW = artifact("x"), artifact("new")


@pytest.fixture(params=[{"CANARY_MIN_REQUESTS": "50", "ARMED_MINUTES": "30"}])
def cloud(configure, request):
    configure(promote, **VARIABLES, PROMOTION_ARN=MACHINE, **request.param)
    made = Cloud(outcomes={}, answers=Answers())
    made.parameters.put_parameter(Name=PARAMETER, Value=OLD, Type="String")
    made.stack.create(OLD)
    with installed(made):
        yield made


@pytest.fixture
def started(cloud):
    """The promotions that the reconciler has started: their names and inputs."""
    found: list[tuple[str, dict[str, Any]]] = []
    cloud.starts = lambda name, payload: found.append((name, payload))
    return found


@pytest.fixture
def step(cloud, context):
    def run(action, name="mine", **parameters):
        arn = f"arn:aws:states:us-east-1:1:execution:rubric-dev-promotion:{name}"
        cloud.executions.setdefault(arn, SimpleNamespace(status="RUNNING", running=True, stopped=0.0))
        return promote.handler({"action": action, "execution": arn, **parameters}, context)

    return run


@pytest.fixture
def promoted(cloud, step):
    """A promotion that worked; its answer's reason. requests: that its model answered in its rollout."""

    def run(requests, uri=NEW, name="mine", **payload):
        step("start", name, input={"artifact_uri": uri, **payload})
        cloud.clock.now += 100
        cloud.stack.end()
        cloud.alarms.answered = {cloud.stack.config: requests}
        answer = step("check", name)
        assert answer["status"] == "done"
        assert step("check", name) == answer, "the same once more, if the answer was lost"
        return answer["reason"]

    return run


def last(cloud):
    return turns_of(cloud)[-1]


def settled(cloud, step, *, after):
    cloud.clock.now += after
    return step("settle")["armed"]["status"]


def test_a_model_that_answered_enough_is_tested_and_not_armed(cloud, promoted, step, started):
    assert promoted(50) == ""
    assert (last(cloud).requests, last(cloud).tested, last(cloud).armed_until) == (50, True, 0.0)
    cloud.stack.ringing = {FAULTS}
    assert settled(cloud, step, after=60) == ""
    assert started == []


def test_one_that_answered_too_few_is_promoted_and_not_tested(cloud, promoted):
    assert promoted(1, by="arn:aws:iam::1:user/ada") == "promoted, not tested: 1 request of 50"
    turn = last(cloud)
    assert (turn.outcome, turn.requests, turn.tested, turn.by) == ("served", 1, False, "arn:aws:iam::1:user/ada")
    assert turn.armed_until == cloud.clock.now + 30 * 60


def test_an_alarm_while_it_is_armed_rolls_it_back_once(cloud, promoted, step, started):
    promoted(3)
    assert settled(cloud, step, after=60) == "armed"
    cloud.stack.ringing = {FAULTS}
    assert settled(cloud, step, after=60) == "rolling back"
    [(name, payload)] = started
    assert payload == {"artifact_uri": OLD, "rollback": True, "by": f"the alarm {FAULTS}"}
    arn = f"arn:aws:states:us-east-1:1:execution:rubric-dev-promotion:{name}"
    cloud.executions[arn] = SimpleNamespace(status="RUNNING", running=True, stopped=0.0)
    assert settled(cloud, step, after=60) == "rolling back"
    assert len(started) == 1, "the same name is the same execution"
    promoted(0, name=name, uri=OLD, **{key: payload[key] for key in ("rollback", "by")})
    assert (last(cloud).by, last(cloud).rollback) == (f"the alarm {FAULTS}", True)
    assert settled(cloud, step, after=600) == ""
    assert len(started) == 1


def test_a_rollback_that_died_before_it_began_is_tried_again(cloud, promoted, step, started):
    promoted(3)
    cloud.stack.ringing = {FAULTS}
    for after in (60, 300):
        assert settled(cloud, step, after=after) == "rolling back"
    assert len({name for name, _ in started}) == 2


@pytest.mark.parametrize("outcome", ["refused", "taken back"])
def test_a_rollback_that_cannot_work_is_not_tried_for_ever(cloud, promoted, step, started, outcome):
    promoted(3)
    cloud.stack.ringing = {FAULTS}
    refused = {"execution": "x", "artifact_uri": OLD, "at": 0.0, "outcome": outcome, "rollback": True,
               "reason": "x is Rejected"}  # fmt: skip
    cloud.parameters.put_parameter(Name="/rubric/dev/promotions/000002", Value=json.dumps(refused), Type="String")
    assert settled(cloud, step, after=60) == "refused"
    assert settled(cloud, step, after=60) == ""
    assert started == []
    assert turns_of(cloud)[0].reason.endswith("; it was not rolled back: x is Rejected")


def test_nothing_goes_back_to_a_model_that_was_rejected_meanwhile(cloud, promoted, step, started):
    promoted(3)
    container = {"ModelDataUrl": OLD}
    cloud.endpoint.packages["arn:x/1"] = {
        "ModelPackageArn": "arn:x/1",
        "ModelApprovalStatus": "Rejected",
        "InferenceSpecification": {"Containers": [container]},
    }
    cloud.stack.ringing = {FAULTS}
    assert settled(cloud, step, after=60) == "refused"
    assert settled(cloud, step, after=300) == ""
    assert started == []
    assert "it was not rolled back: " in turns_of(cloud)[0].reason


def test_a_rollback_that_always_dies_is_not_tried_long_after_the_time(cloud, promoted, step, started):
    promoted(3)
    cloud.stack.ringing = {FAULTS}
    assert settled(cloud, step, after=30 * 60 + 600) == "rolling back"
    assert settled(cloud, step, after=400) == "time over"
    assert settled(cloud, step, after=60) == ""
    assert len(started) == 1


def test_a_later_promotion_that_does_not_serve_disarms_nothing(cloud, promoted, step):
    promoted(3)
    failed = {"execution": "x", "artifact_uri": artifact("b"), "at": 0.0, "outcome": "taken back"}
    cloud.parameters.put_parameter(Name="/rubric/dev/promotions/000002", Value=json.dumps(failed), Type="String")
    assert settled(cloud, step, after=60) == "armed"


def test_it_is_no_longer_armed_once_it_has_answered_enough(cloud, promoted, step):
    promoted(3)
    cloud.alarms.answered = {cloud.stack.config: 70}
    assert settled(cloud, step, after=60) == "tested"
    assert (last(cloud).tested, last(cloud).requests) == (True, 70)
    assert last(cloud).reason == "promoted, not tested: 3 requests of 50; then tested: 70 requests"
    cloud.stack.ringing = {FAULTS}
    assert settled(cloud, step, after=60) == ""


def test_it_is_no_longer_armed_when_the_time_has_passed(cloud, promoted, step):
    promoted(3)
    assert settled(cloud, step, after=30 * 60 + 1) == "time over"
    assert (last(cloud).tested, last(cloud).armed_until) == (False, 0.0)
    cloud.stack.ringing = {FAULTS}
    assert settled(cloud, step, after=60) == ""


def test_the_alarm_of_a_stopped_rollout_and_a_later_promotion_roll_nothing_back(cloud, promoted, step):
    promoted(3)
    cloud.stack.ringing = {STOPPED}
    assert settled(cloud, step, after=60) == "armed"
    cloud.stack.ringing = set()
    promoted(90, uri=artifact("later"), name="later")
    cloud.stack.ringing = {FAULTS}
    assert settled(cloud, step, after=60) == ""


def test_a_rollback_is_neither_counted_nor_armed(cloud, promoted):
    assert promoted(0, rollback=True) == ""
    assert (last(cloud).tested, last(cloud).armed_until) == (None, 0.0)


def test_requests_that_cannot_be_counted_fail_no_promotion(cloud, promoted, monkeypatch):
    def refuse(**_):
        raise promote.ClientError({"Error": {"Code": "Throttling"}}, "GetMetricStatistics")

    monkeypatch.setattr(cloud.alarms, "get_metric_statistics", refuse)
    assert promoted(0) == "promoted, not tested: how many requests it answered is not known"


@pytest.mark.parametrize("cloud", [{}, {"CANARY_MIN_REQUESTS": "50"}], indirect=True, ids=["neither", "not armed"])
def test_by_setting_nothing_is_armed(cloud, promoted, step, started):
    told = promoted(3)
    assert told in ("", "promoted, not tested: 3 requests of 50")
    cloud.stack.ringing = {FAULTS}
    assert settled(cloud, step, after=60) == ""
    assert started == []


def test_only_the_new_instances_requests_are_counted(cloud, promoted, monkeypatch):
    asked = []
    real = cloud.alarms.get_metric_statistics

    def counted(**call):
        asked.append(call)
        return real(**call)

    monkeypatch.setattr(cloud.alarms, "get_metric_statistics", counted)
    promoted(50)
    [call] = asked
    dimensions = {each["Name"]: each["Value"] for each in call["Dimensions"]}
    assert dimensions == {
        "EndpointName": "rubric-dev",
        "VariantName": "champion",
        "EndpointConfigName": cloud.stack.config,
    }
    assert (call["EndTime"] - call["StartTime"]).total_seconds() / call["Period"] <= 1440
    assert json.dumps(call["Statistics"]) == '["Sum"]'
