"""Tests a promotion whose rollout fails, for both ways in which CloudFormation may report it.

The stack, the endpoint and the approved model agree in the end.
"""

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from local_aws_testing.cloud import BUCKET, MACHINE_ROLE, Cloud
from local_aws_testing.server import wait_for
from ops.history import reading
from tests.contract.sagemaker.promotions import (
    ALARM,
    ENDPOINT,
    PARAMETER,
    PROMOTIONS,
    STACK,
    STOPPED,
    Promotions,
    artifact,
    make,
)


@pytest.fixture(scope="module")
def promotions(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Promotions:
    return make(cloud, folder=tmp_path_factory.mktemp("functions"))


def test_of_two_promotions_at_once_the_second_waits_for_its_turn(cloud: Cloud, promotions: Promotions) -> None:
    with promotions.serving():
        first, second = promotions.start("broken"), promotions.start("two")
        failed = promotions.end_of(first)
        assert failed["error"] == "RolledBack", failed["cause"]
        assert promotions.end_of(second)["status"] == "SUCCEEDED"
        assert promotions.consistent() == "two"
        assert sorted(promotions.outcomes[-2:]) == ["served", "taken back"]  # either may have its turn first
        refused = promotions.promote("one", champion=artifact("other"))
        assert (refused["status"], refused["error"]) == ("FAILED", "RolloutFailed")
        assert "serves by now" in refused["cause"]


def test_a_parameter_that_names_what_does_not_serve_is_settled(cloud: Cloud, promotions: Promotions) -> None:
    with promotions.serving():
        assert promotions.settle()["status"] == "agrees"
        cloud.server.client("ssm").put_parameter(Name=PARAMETER, Value=artifact("two"), Overwrite=True)
        assert promotions.settle()["differs"] is True
        assert promotions.consistent() == "one"
        assert (promotions.settle()["status"], promotions.outcomes[-1]) == ("agrees", "settled")


def test_a_rollback_stops_the_rollout_that_it_meets(cloud: Cloud, promotions: Promotions) -> None:
    with promotions.serving(wait=600):
        began = time.monotonic()
        first = promotions.start("two")
        wait_for(lambda: cloud.stack(STACK)["StackStatus"] == "UPDATE_IN_PROGRESS", what="its update", seconds=30)
        back = promotions.end_of(promotions.start("one", rollback=True, by="a test"))
        assert back["status"] == "SUCCEEDED", back
        assert time.monotonic() - began < 60, "not the ten minutes for which the rollout would have gone on"
        stopped = promotions.end_of(first)
        assert (stopped["status"], stopped["error"]) == ("FAILED", "RolledBack")
        assert STOPPED in stopped["cause"]
        assert promotions.consistent() == "one"
        assert promotions.outcomes[-2:] == ["taken back", "served"]
        told = reading.read(_seen(cloud), kinds=("promotion", "rollback", "alarm", "run"))
        assert [event.what for event in told if event.by == "a test"] == [
            f"going back to {artifact('one')}",
            f"{artifact('one')} serves",
        ]
        assert "RollbackStopped rings" in " ".join(event.what for event in told if event.kind == "alarm")
        assert [(event.what, event.by) for event in told if event.kind == "run"] == [
            ("training began", "ada"),
            ("training ended: succeeded", "ada"),
        ]


def _seen(cloud: Cloud) -> Any:
    """The environment as `rubric history` sees it, with a training machine that does nothing, once."""
    machines = cloud.server.client("stepfunctions")
    other = machines.create_state_machine(
        name="training", definition=json.dumps({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}),
        roleArn=MACHINE_ROLE,
    )["stateMachineArn"]  # fmt: skip
    run = machines.start_execution(stateMachineArn=other, input=json.dumps({"by": "ada"}))["executionArn"]
    wait_for(lambda: machines.describe_execution(executionArn=run)["status"] == "SUCCEEDED", what="the run", seconds=30)
    outputs = {"ArtifactBucketName": BUCKET, "PipelineArn": other}
    return SimpleNamespace(
        client=cloud.server.client,
        settings=SimpleNamespace(
            prefix=ENDPOINT, promotions_path=PROMOTIONS, stack_name=lambda part: f"Rubric-test-{part}"
        ),
        stacks=SimpleNamespace(need=outputs.__getitem__, get=outputs.get),
    )


def test_a_rollback_from_a_model_for_which_an_alarm_rings_is_not_taken_back(
    cloud: Cloud, promotions: Promotions
) -> None:
    with promotions.serving():
        assert promotions.promote("two")["status"] == "SUCCEEDED"
        promotions.ring()
        assert promotions.promote("one")["error"] == "RolledBack", "any other promotion is"
        assert promotions.promote("one", rollback=True)["status"] == "SUCCEEDED"
        assert promotions.consistent() == "one"
        promotions.ring(False)
        # The next promotion is watched by the alarms again.
        assert promotions.promote("two")["status"] == "SUCCEEDED"
        watched = cloud.sagemaker.describe_endpoint(EndpointName=ENDPOINT)["LastDeploymentConfig"]
        assert {"AlarmName": ALARM} in watched["AutoRollbackConfiguration"]["Alarms"]


def test_a_rollout_that_fails_fails_the_update_of_the_stack(cloud: Cloud, promotions: Promotions) -> None:
    with promotions.serving():
        ended = promotions.promote("broken")
        assert (ended["status"], ended["error"]) == ("FAILED", "RolledBack")
        assert "did not pass the ping health check" in ended["cause"]
        assert cloud.stack(STACK)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert promotions.consistent() == "one"


def test_a_rollout_that_is_taken_back_without_an_error_fails_the_update_too(
    cloud: Cloud, promotions: Promotions
) -> None:
    with promotions.serving():
        promotions.faults("silent-rollback")
        promotions.ring()
        ended = promotions.promote("two")
        assert (ended["status"], ended["error"]) == ("FAILED", "RolledBack")
        assert "SageMaker took the rollout back" in ended["cause"]
        assert f"alarms that ring: {ALARM}" in ended["cause"]
        assert cloud.stack(STACK)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert promotions.consistent() == "one"
        promotions.ring(False)
        assert promotions.promote("two")["status"] == "SUCCEEDED"
        assert promotions.consistent() == "two"


def test_a_stack_that_took_such_an_update_for_a_success_goes_back_to_a_configuration_that_it_owns(
    cloud: Cloud, promotions: Promotions
) -> None:
    with promotions.serving(checked=False):
        promotions.faults("silent-rollback")
        ended = promotions.promote("broken")
        assert (ended["status"], ended["error"]) == ("FAILED", "RolledBack")
        assert "SageMaker took the rollout back" in ended["cause"]
        assert cloud.stack(STACK)["StackStatus"] == "UPDATE_COMPLETE"
        assert promotions.consistent() == "one"


def test_an_endpoint_that_sagemaker_no_longer_updates_is_told_as_such(promotions: Promotions) -> None:
    with promotions.serving(checked=False):
        promotions.faults("silent-rollback", "lost-config")
        ended = promotions.promote("broken")
        assert (ended["status"], ended["error"]) == ("FAILED", "NotRolledBack")
        assert "Could not find endpoint configuration" in ended["cause"]
        assert promotions.approved == artifact("one")


def test_a_stack_that_fails_to_roll_back_is_told_with_the_command_that_mends_it(
    cloud: Cloud, promotions: Promotions
) -> None:
    with promotions.serving():
        promotions.faults("silent-rollback", "same-config-refused")
        promotions.ring()
        ended = promotions.promote("two")
        assert (ended["status"], ended["error"]) == ("FAILED", "NotRolledBack")
        assert cloud.stack(STACK)["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
        assert "SageMaker took the rollout back" in ended["cause"]
        command = f"aws cloudformation continue-update-rollback --stack-name {STACK} --resources-to-skip Endpoint"
        assert f"`{command}`" in ended["cause"]
        assert promotions.approved == artifact("one")
        again = promotions.promote("two")
        assert (again["status"], promotions.approved) == ("FAILED", artifact("one"))
        assert f"`{command}`" in again["cause"]
        cloud.cloudformation.continue_update_rollback(StackName=STACK, ResourcesToSkip=["Endpoint"])
        assert cloud.stack_settled(STACK)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert promotions.consistent() == "one"
        promotions.ring(False)
        assert promotions.promote("two")["status"] == "SUCCEEDED"
        assert promotions.consistent() == "two"
