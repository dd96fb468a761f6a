"""Deleting a stack whose state machine trains takes seconds if the stack stops it, and waits if not."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import MACHINE_ROLE, Cloud
from local_aws_testing.server import make_function, wait_for
from tests.contract.sagemaker.functions import make_real_function


@pytest.fixture(scope="module")
def cleanup(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The ARN of the real cleanup function."""
    return make_real_function(cloud.server, "cleanup", folder=tmp_path_factory.mktemp("cleanup"))


# A first deploy's training that fails while its job runs: CloudFormation's hour is over, or a person has cancelled it.
FIRST_MODEL = """
import json, urllib.request, boto3
def handler(event, context):
    machine, created = event["ResourceProperties"]["StateMachineArn"], event["RequestType"] == "Create"
    if created:
        boto3.client("stepfunctions").start_execution(stateMachineArn=machine)
        jobs = boto3.client("sagemaker")
        while not jobs.list_training_jobs(NameContains="first", StatusEquals="InProgress")["TrainingJobSummaries"]:
            pass
    body = {"Status": "FAILED" if created else "SUCCESS", "Reason": "the hour is over", "PhysicalResourceId": "first"}
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request)
"""


def template(cloud: Cloud, job: str, *, stop_with: str | None, first_model: str | None = None) -> str:
    train = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync", "End": True,
             "Parameters": cloud.job_request(job, max_runtime=600, seconds="600")}  # fmt: skip
    definition = json.dumps({"StartAt": "Train", "States": {"Train": train}})
    resources: dict[str, Any] = {
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"StateMachineName": job, "RoleArn": MACHINE_ROLE, "DefinitionString": definition},
        }
    }
    if stop_with is not None:
        properties = {"ServiceToken": stop_with, "StateMachines": [{"Ref": "Machine"}], "RunningJobPrefix": job}
        resources["Stop"] = {"Type": "Custom::StopRunning", "Properties": properties}
    if first_model is not None:
        resources["First"] = {
            "Type": "Custom::FirstModel",
            "Properties": {"ServiceToken": first_model, "StateMachineArn": {"Ref": "Machine"}},
            "DependsOn": ["Stop"],
        }
    return json.dumps({"Resources": resources, "Outputs": {"Machine": {"Value": {"Ref": "Machine"}}}})


def train(cloud: Cloud, name: str, *, stop_with: str | None) -> tuple[str, str]:
    """A stack whose machine trains the job `name`: the machine's ARN and the execution's."""
    cloud.cloudformation.create_stack(StackName=name, TemplateBody=template(cloud, name, stop_with=stop_with))
    stack = cloud.stack_settled(name)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    machine = str(stack["Outputs"][0]["OutputValue"])
    execution = cloud.server.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]

    def trains() -> bool:
        jobs = cloud.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
        return [job.get("TrainingJobStatus") for job in jobs] == ["InProgress"]

    wait_for(trains, what="the job to train")
    return machine, execution


def gone(cloud: Cloud, name: str) -> bool:
    try:
        return bool(cloud.stack(name)["StackStatus"] == "DELETE_COMPLETE")
    except ClientError:
        return True


@pytest.fixture
def waiting(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """A stack without the resource, while it is being deleted."""
    machine, execution = train(cloud, "hangs", stop_with=None)
    cloud.cloudformation.delete_stack(StackName="hangs")
    yield machine, execution
    cloud.server.client("stepfunctions").stop_execution(executionArn=execution)
    wait_for(lambda: gone(cloud, "hangs"), what="the stack to go")
    assert cloud.ended_job("hangs")["TrainingJobStatus"] == "Stopped"


def test_a_machine_whose_execution_runs_is_deleting_and_its_stack_waits(cloud: Cloud, waiting: tuple[str, str]) -> None:
    machine, _ = waiting
    states = cloud.server.client("stepfunctions")
    time.sleep(3)
    assert cloud.stack("hangs")["StackStatus"] == "DELETE_IN_PROGRESS"
    assert states.describe_state_machine(stateMachineArn=machine)["status"] == "DELETING"
    assert cloud.sagemaker.describe_training_job(TrainingJobName="hangs")["TrainingJobStatus"] == "InProgress"
    with pytest.raises(ClientError, match="StateMachineDeleting"):
        states.start_execution(stateMachineArn=machine)


def test_what_runs_is_stopped_before_the_machine_is_deleted(cloud: Cloud, cleanup: str) -> None:
    train(cloud, "stops", stop_with=cleanup)
    began = time.monotonic()
    cloud.cloudformation.delete_stack(StackName="stops")
    wait_for(lambda: gone(cloud, "stops"), what="the stack to go", seconds=40)
    assert time.monotonic() - began < 30
    assert cloud.sagemaker.describe_training_job(TrainingJobName="stops")["TrainingJobStatus"] == "Stopped"


def test_a_first_deploy_that_fails_stops_what_it_started_as_it_rolls_back(cloud: Cloud, cleanup: str) -> None:
    provider = make_function(cloud.server, "first-model", FIRST_MODEL)
    began = time.monotonic()
    body = template(cloud, "first", stop_with=cleanup, first_model=provider)
    cloud.cloudformation.create_stack(StackName="first", TemplateBody=body)
    assert cloud.stack_settled("first")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert time.monotonic() - began < 30
    assert cloud.sagemaker.describe_training_job(TrainingJobName="first")["TrainingJobStatus"] == "Stopped"


def test_a_stack_updates_its_machine_in_place(cloud: Cloud) -> None:
    def body(comment: str) -> str:
        result = json.loads(template(cloud, "updated-machine", stop_with=None))
        properties = result["Resources"]["Machine"]["Properties"]
        properties["DefinitionString"] = json.dumps({**json.loads(properties["DefinitionString"]), "Comment": comment})
        return json.dumps(result)

    states = cloud.server.client("stepfunctions")
    cloud.cloudformation.create_stack(StackName="updated-machine", TemplateBody=body("first"))
    machine = cloud.stack_settled("updated-machine")["Outputs"][0]["OutputValue"]
    cloud.cloudformation.update_stack(StackName="updated-machine", TemplateBody=body("second"))
    assert cloud.stack_settled("updated-machine")["StackStatus"] == "UPDATE_COMPLETE"
    definition = states.describe_state_machine(stateMachineArn=machine)["definition"]
    assert json.loads(definition)["Comment"] == "second"
    cloud.cloudformation.delete_stack(StackName="updated-machine")
    wait_for(lambda: gone(cloud, "updated-machine"), what="the stack to go")


def test_an_execution_of_a_machine_that_is_deleted_ends_at_its_next_state(cloud: Cloud) -> None:
    states = cloud.server.client("stepfunctions")
    first = {"Type": "Wait", "Seconds": 2, "Next": "Second"}
    definition = {
        "StartAt": "First",
        "States": {"First": first, "Second": {"Type": "Wait", "Seconds": 60, "End": True}},
    }
    machine = states.create_state_machine(name="two-states", definition=json.dumps(definition), roleArn=MACHINE_ROLE)
    states.start_execution(stateMachineArn=machine["stateMachineArn"])
    states.delete_state_machine(stateMachineArn=machine["stateMachineArn"])

    def machines() -> list[str]:
        return [result["name"] for result in states.list_state_machines()["stateMachines"]]

    assert "two-states" in machines()
    wait_for(lambda: "two-states" not in machines(), what="the machine to go", seconds=10)
