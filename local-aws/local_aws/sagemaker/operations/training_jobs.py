"""Training jobs: the records and the rules; local_aws.sagemaker.jobs.training runs them."""

from typing import Any

from local_aws.common.errors import in_use, validation
from local_aws.common.store import Record
from local_aws.sagemaker import networks
from local_aws.sagemaker.access import creation
from local_aws.sagemaker.jobs.status import transition
from local_aws.sagemaker.operations.listing import lister
from local_aws.sagemaker.plane import Plane

KIND = "training-job"
ENDED = ("Completed", "Failed", "Stopped")


def find(plane: Plane, name: str) -> Record:
    record = plane.store.get(KIND, name)
    if record is None:
        raise validation("Requested resource not found.")
    return record


def create(plane: Plane, request: dict[str, Any]) -> Record:
    name = request["TrainingJobName"]
    arn = plane.store.arn(f"{KIND}/{name}")
    _check(request)
    role = creation.training_job(plane.roles, request, arn=arn)
    networks.check(request.get("VpcConfig"), role=role)
    with plane.store.lock:
        if plane.store.get(KIND, name) is not None:
            raise in_use(
                "Training job names must be unique within an AWS account and region, "
                f"and a training job with this name already exists ({arn})"
            )
        networks.connect(arn, request.get("VpcConfig"), instances=networks.instances(request))
        record = {
            "EnableNetworkIsolation": False,
            "EnableInterContainerTrafficEncryption": False,
            "EnableManagedSpotTraining": False,
            **request,
            "TrainingJobArn": arn,
            "TrainingJobStatus": "InProgress",
        }
        record = plane.create(KIND, name, record, arn_member="TrainingJobArn", tags=request.get("Tags"))
        transition(record, "Starting", "Starting the training job", now=plane.clock())
    plane.publish("SageMaker Training Job State Change", record, arn)
    plane.jobs.start(record)
    return record


def stop(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    with plane.store.lock:
        record = find(plane, request["TrainingJobName"])
        status = record["TrainingJobStatus"]
        if status == "Stopping":
            return {}
        if status != "InProgress":
            raise validation(f"The request was rejected because the training job is in status {status}.")
        record["TrainingJobStatus"] = "Stopping"
        transition(record, "Stopping", "Stopping the training job", now=plane.clock())
    plane.publish("SageMaker Training Job State Change", record, record["TrainingJobArn"])
    plane.jobs.stop(record)
    return {}


def delete(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    with plane.store.lock:
        record = find(plane, request["TrainingJobName"])
        status = record["TrainingJobStatus"]
        if status not in ENDED:
            raise in_use(f"The request was rejected because the training job is in status {status}.")
        plane.remove(KIND, record["TrainingJobName"], record["TrainingJobArn"])
    return {}


def _check(request: dict[str, Any]) -> None:
    algorithm = request.get("AlgorithmSpecification")
    if algorithm is None or not algorithm.get("TrainingImage"):
        raise validation(
            "AlgorithmSpecification needs a TrainingImage: the local SageMaker has no algorithms of its own"
        )
    if "AlgorithmName" in algorithm:
        raise validation("AlgorithmSpecification cannot have both a TrainingImage and an AlgorithmName")
    for member in ("ResourceConfig", "StoppingCondition"):
        if member not in request:
            raise validation(f"{member} is required")
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig", [])]
    if len(set(names)) < len(names):
        raise validation("Channel names must be unique within InputDataConfig")
    if request.get("EnableManagedSpotTraining"):
        condition = request["StoppingCondition"]
        if condition.get("MaxWaitTimeInSeconds", 0) < condition.get("MaxRuntimeInSeconds", 0):
            raise validation(
                "MaxWaitTimeInSeconds above or equal to MaxRuntimeInSeconds is required "
                "when EnableManagedSpotTraining is set"
            )


OPERATIONS = {
    "CreateTrainingJob": create,
    "DescribeTrainingJob": lambda plane, request: find(plane, request["TrainingJobName"]),
    "StopTrainingJob": stop,
    "DeleteTrainingJob": delete,
    "ListTrainingJobs": lister(
        "ListTrainingJobs", KIND, member="TrainingJobSummaries", name="TrainingJobName", status="TrainingJobStatus"
    ),
}
