"""The training machine's last part with `ab_tests.new_models`, run: a test begins, or the run says why none did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws_testing.cloud import MACHINE_ROLE, Cloud
from local_aws_testing.server import make_function, wait_for
from tests.stacks.training.machines.definitions import TESTED
from tests.stacks.training.machines.reading import reached

VERSION = "rubric-test-20261130-090000-ab12"
# Answers as the function ab_test does; a version tells which answer is wanted.
FUNCTION = """
def handler(event, context):
    assert event["action"] == "start" and event["mode"] == "replay", event
    assert event["by"].startswith("training run "), event
    if event["version"].endswith("refused"):
        return {"status": "refused", "reason": "the test t1 of v1 runs already: wait for it", "test": None}
    if event["version"].endswith("broken"):
        raise RuntimeError("no such table")
    return {"status": "starting", "reason": "", "test": {"test_id": "t2", "disagreements": []}}
"""


@pytest.fixture(scope="module")
def machine(cloud: Cloud) -> str:
    """A machine of the states from Test on."""
    arn = make_function(cloud.server, "new-models-ab-test", FUNCTION)
    states = {name: TESTED["States"][name] for name in reached(TESTED, start="Test")}
    definition = json.dumps({"StartAt": "Test", "States": states}).replace('"ab_test"', json.dumps(arn))
    made = cloud.server.client("stepfunctions").create_state_machine(
        name="new-models", definition=definition, roleArn=MACHINE_ROLE
    )
    return str(made["stateMachineArn"])


def run(cloud: Cloud, machine: str, version: str) -> dict[str, Any]:
    client = cloud.server.client("stepfunctions")
    gate = {"artifact_uri": "s3://b/k", "accuracy": 0.9, "macro_f1": 0.9, "reason": "accuracy 0.9."}
    given = {"job": {"job_name": version}, "gate": gate}
    arn = client.start_execution(stateMachineArn=machine, input=json.dumps(given))["executionArn"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = client.describe_execution(executionArn=arn)
        return None if found["status"] == "RUNNING" else found

    return dict(wait_for(ended, what=arn))


def test_a_model_that_is_being_tested_is_not_promoted(cloud: Cloud, machine: str) -> None:
    found = run(cloud, machine, VERSION)
    assert found["status"] == "SUCCEEDED"
    output = json.loads(found["output"])
    assert (output["model_version"], output["promoted"], output["test"]) == (VERSION, False, "replay")


def test_a_test_that_is_refused_ends_the_run_with_a_sentence(cloud: Cloud, machine: str) -> None:
    found = run(cloud, machine, f"{VERSION}-refused")
    assert (found["status"], found["error"]) == ("FAILED", "NotTested")
    assert found["cause"] == (
        f"{VERSION}-refused is registered, but no test of it has begun: the test t1 of v1 runs already: wait for it. "
        f"To start one later: rubric ab start {VERSION}-refused --mode replay"
    )


def test_a_function_that_fails_ends_the_run_with_its_reason(cloud: Cloud, machine: str) -> None:
    found = run(cloud, machine, f"{VERSION}-broken")
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "NotTested", "no such table")
