"""SageMaker in state machines."""

import json
from typing import Any

from local_aws_testing.cloud import MACHINE_ROLE, Cloud
from local_aws_testing.server import wait_for


def started(cloud: Cloud, name: str, resource: str, parameters: dict[str, Any]) -> str:
    """The ARN of an execution of a machine with one task."""
    machines = cloud.server.client("stepfunctions")
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    machine = machines.create_state_machine(
        name=name,
        definition=json.dumps({"StartAt": "Task", "States": {"Task": task}}),
        roleArn=MACHINE_ROLE,
    )["stateMachineArn"]
    execution: str = machines.start_execution(stateMachineArn=machine)["executionArn"]
    return execution


def run(cloud: Cloud, name: str, resource: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The execution's end."""
    return cloud.ended_execution(started(cloud, name, resource, parameters))


def test_a_task_waits_for_its_training_job(cloud: Cloud) -> None:
    ended = run(cloud, "train", "arn:aws:states:::sagemaker:createTrainingJob.sync", cloud.job_request("machine-1"))
    assert ended["status"] == "SUCCEEDED"
    output = json.loads(ended["output"])
    assert output["TrainingJobStatus"] == "Completed"
    assert output["ModelArtifacts"]["S3ModelArtifacts"].endswith("models/machine-1/output/model.tar.gz")
    assert isinstance(output["TrainingEndTime"], int)


def test_a_failed_job_fails_the_task_with_its_description(cloud: Cloud) -> None:
    request = cloud.job_request("machine-2", fail="no rows")
    ended = run(cloud, "train-fails", "arn:aws:states:::sagemaker:createTrainingJob.sync", request)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(ended["cause"])["FailureReason"].startswith("AlgorithmError: no rows")


def test_a_refused_request_fails_the_task_with_sagemakers_error(cloud: Cloud) -> None:
    cloud.sagemaker.create_training_job(**cloud.job_request("machine-3"))
    cloud.ended_job("machine-3")
    ended = run(cloud, "twice", "arn:aws:states:::sagemaker:createTrainingJob", cloud.job_request("machine-3"))
    assert ended["error"] == "SageMaker.ResourceInUseException"


def test_the_sdk_integration_calls_any_operation(cloud: Cloud) -> None:
    sdk = "arn:aws:states:::aws-sdk:sagemaker:"
    group = {"ModelPackageGroupName": "from-a-machine"}
    assert run(cloud, "sdk-create", f"{sdk}createModelPackageGroup", group)["status"] == "SUCCEEDED"
    described = run(cloud, "sdk-describe", f"{sdk}describeModelPackageGroup", group)
    assert json.loads(described["output"])["ModelPackageGroupName"] == "from-a-machine"
    job = {"TrainingJobName": "nothing"}
    assert run(cloud, "sdk-missing", f"{sdk}describeTrainingJob", job)["error"] == "SageMaker.SageMakerException"
    cloud.sagemaker.delete_model_package_group(**group)


def test_stopping_an_execution_stops_its_job(cloud: Cloud) -> None:
    request = cloud.job_request("machine-4", seconds="600")
    execution = started(cloud, "stopped", "arn:aws:states:::sagemaker:createTrainingJob.sync", request)

    def trains() -> bool:
        jobs = cloud.sagemaker.list_training_jobs(NameContains="machine-4")["TrainingJobSummaries"]
        return [job["SecondaryStatus"] for job in jobs] == ["Training"]

    wait_for(trains, what="the job to train")
    cloud.server.client("stepfunctions").stop_execution(executionArn=execution)
    assert cloud.ended_job("machine-4")["TrainingJobStatus"] == "Stopped"
