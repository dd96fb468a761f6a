"""Tests check_rollout/."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from lambda_src.stack_resources.check_rollout import handler as check_rollout
from lambda_src.stack_resources.check_rollout import logic
from tests.unit.lambda_src.conftest import Context

EVENT = {
    "RequestType": "Update",
    "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/Rubric-dev-Serving/1f6b",
    "RequestId": "r",
    "LogicalResourceId": "RolloutCheck",
    "ResourceProperties": {"EndpointName": "rubric-dev", "EndpointConfigName": "Config-2"},
}


class Account:
    """SageMaker, CloudFormation and CloudWatch: an endpoint that comes to each of `states` (config, status) in turn."""

    def __init__(self, *states, stack="UPDATE_IN_PROGRESS", ringing=()):
        self.states, self.stack, self.ringing = list(states), stack, list(ringing)

    def describe_endpoint(self, *, EndpointName):
        assert EndpointName == "rubric-dev"
        if not self.states:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "Could not find endpoint"}}, "X")
        config, status = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        watched = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "faults"}, {"AlarmName": "latency"}]}}
        return {"EndpointConfigName": config, "EndpointStatus": status, "LastDeploymentConfig": watched}

    def describe_stacks(self, *, StackName):
        assert StackName == EVENT["StackId"]
        return {"Stacks": [{"StackStatus": self.stack}]}

    def describe_alarms(self, *, AlarmNames, StateValue):
        assert StateValue == "ALARM"
        return {"MetricAlarms": [{"AlarmName": name} for name in AlarmNames if name in self.ringing]}


@pytest.fixture
def ask(monkeypatch, cfn_answers):
    url, answers = cfn_answers
    monkeypatch.setattr(logic.time, "sleep", lambda seconds: None)

    def run(account, *, kind="Update", context=None, **more):
        monkeypatch.setattr(check_rollout.aws, "client", lambda name: account)
        check_rollout.handler({**EVENT, "RequestType": kind, "ResponseURL": url, **more}, context or Context())
        return answers[-1]

    return run


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_an_endpoint_that_serves_what_the_stack_asks_for(ask, kind):
    answer = ask(Account(("Config-1", "Updating"), ("Config-2", "InService")), kind=kind)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "rollout-1f6b-RolloutCheck")
    assert ask(Account(("Config-2", "InService")), PhysicalResourceId="known")["PhysicalResourceId"] == "known"


def test_sagemakers_own_maintenance_of_what_is_asked_for_is_not_waited_for(ask):
    soon = Context(remaining_ms=15_000)
    assert ask(Account(("Config-2", "SystemUpdating")), context=soon)["Status"] == "SUCCESS"
    assert ask(Account(("Config-1", "SystemUpdating")), context=soon)["Status"] == "FAILED"


@pytest.mark.parametrize(
    ("ringing", "reason"),
    [(["latency"], "alarms that ring: latency"), ([], "alarms that take a rollout back: faults, latency")],
)
def test_a_rollout_that_was_taken_back_fails_the_update(ask, ringing, reason):
    answer = ask(Account(("Config-1", "RollingBack"), ("Config-1", "InService"), ringing=ringing))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == (
        "RolloutTakenBack: SageMaker took the rollout back: the endpoint rubric-dev still serves the configuration "
        f"Config-1 and not Config-2; {reason}"
    )


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"])
def test_a_stack_on_its_way_back_is_not_held_up(ask, status):
    assert ask(Account(("Config-1", "Updating"), stack=status))["Status"] == "SUCCESS"


def test_deletion_asks_nothing(ask):
    assert ask(Account(), kind="Delete")["Status"] == "SUCCESS"


def test_an_endpoint_that_does_not_settle_in_time_or_is_not_there(ask):
    answer = ask(Account(("Config-1", "Updating")), context=Context(remaining_ms=15_000))
    assert answer["Reason"] == "RolloutTakenBack: the endpoint rubric-dev is still Updating"
    assert "Could not find endpoint" in ask(Account())["Reason"]
