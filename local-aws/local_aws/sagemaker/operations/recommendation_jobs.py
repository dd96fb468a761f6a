"""Inference Recommender's jobs: the records and the rules; local_aws.sagemaker.recommendations runs them.

Unless a rule has another source, it comes from the service model's documentation, or from "Troubleshoot Inference
Recommender errors" and "Create an inference recommendation" in the SageMaker developer guide.
"""

import secrets
from typing import Any

from local_aws.common import shapes
from local_aws.common.errors import ApiError, in_use, validation
from local_aws.common.paging import paged
from local_aws.common.store import Record
from local_aws.sagemaker.access import creation
from local_aws.sagemaker.operations import model_packages, models
from local_aws.sagemaker.operations.listing import lister
from local_aws.sagemaker.plane import Plane

KIND = "inference-recommendations-job"
STEPS, PAYLOAD = "Steps", "Payload"  # record members that DescribeInferenceRecommendationsJob omits
_RUNNING = ("PENDING", "IN_PROGRESS")
_MOST = 10  # maximum recommendations in an answer
_ENDPOINT_NAME = 40  # characters of a job's name used in the names of its resources


def find(plane: Plane, name: str) -> Record:
    record = plane.store.get(KIND, name)
    if record is None:
        raise ApiError("ResourceNotFound", f"Could not find inference recommendations job with name: {name}")
    return record


def create(plane: Plane, request: dict[str, Any]) -> Record:
    name, arn = request["JobName"], plane.store.arn(f"{KIND}/{request['JobName']}")
    package = _package(plane, request["InputConfig"])
    _check_scope(request)
    creation.recommender_role(plane.roles, request["RoleArn"], source_arn=arn)
    payload = _payload(request["InputConfig"], package)
    steps = [_step(name, instance_type) for instance_type in _instance_types(request["InputConfig"], package)]
    with plane.store.lock:
        if plane.store.get(KIND, name) is not None:
            raise in_use(f"Inference recommendations job already exists: {arn}")
        record = {"JobDescription": "", **request, "JobArn": arn, "Status": "PENDING", STEPS: steps, PAYLOAD: payload}
        record = plane.create(KIND, name, record, arn_member="JobArn", tags=request.get("Tags"))
    plane.recommendations.start(record)
    return record


def stop(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    with plane.store.lock:
        record = find(plane, request["JobName"])
        if record["Status"] == "STOPPING":
            return {}
        if record["Status"] not in _RUNNING:
            raise validation(f"The request was rejected because the job is in status {record['Status']}.")
        plane.touch(record, Status="STOPPING")
    plane.recommendations.stop(record)
    return {}


def list_steps(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    record = find(plane, request["JobName"])
    steps = [step for step in record[STEPS] if request.get("Status") in (None, step["Status"])]
    page, following = paged(steps, request)
    return {STEPS: page} | ({"NextToken": following} if following else {})


def _payload(input_config: dict[str, Any], package: Record) -> dict[str, Any]:
    """Return SamplePayloadUrl, ContentType and Accept; ContainerConfig's values override the model package's."""
    config = input_config.get("ContainerConfig", {})
    specified = package.get("InferenceSpecification", {})
    sample = config.get("PayloadConfig", {})
    url = sample.get("SamplePayloadUrl") or package.get("SamplePayloadUrl")
    if not url:
        raise validation("SamplePayloadUrl is a mandatory parameter for the job: give it in PayloadConfig")
    if not url.endswith(".tar.gz"):
        raise validation("SamplePayloadUrl must be the location of a single .tar.gz archive")
    types = sample.get("SupportedContentTypes") or specified.get("SupportedContentTypes")
    if not types:
        raise validation("SupportedContentTypes is a mandatory parameter for the job: give it in PayloadConfig")
    accepted = config.get("SupportedResponseMIMETypes") or specified.get("SupportedResponseMIMETypes") or ["*/*"]
    return {"SamplePayloadUrl": url, "ContentType": types[0], "Accept": accepted[0]}


def _package(plane: Plane, input_config: dict[str, Any]) -> Record:
    """Return the model package that the job measures; an empty one if it measures a model."""
    if ("ModelPackageVersionArn" in input_config) == ("ModelName" in input_config):
        raise validation("Exactly one of ModelPackageVersionArn and ModelName must be specified")
    if "ModelName" in input_config:
        models.find(plane, input_config["ModelName"])
        return {}
    return model_packages.find(plane, input_config["ModelPackageVersionArn"])


def _check_scope(request: dict[str, Any]) -> None:
    """Refuse features of AWS that the local SageMaker lacks."""
    input_config = request["InputConfig"]
    if request["JobType"] != "Default":
        raise validation("JobType Advanced: the local SageMaker runs Default jobs only")
    if input_config.get("ContainerConfig", {}).get("SupportedEndpointType") == "Serverless":
        raise validation("SupportedEndpointType Serverless: the local SageMaker measures real-time endpoints only")
    for member in ("Endpoints", "TrafficPattern"):
        if input_config.get(member):
            raise validation(f"{member}: the local SageMaker runs Default jobs only")


def _instance_types(input_config: dict[str, Any], package: Record) -> list[str]:
    config, specified = input_config.get("ContainerConfig", {}), package.get("InferenceSpecification", {})
    supported = config.get("SupportedInstanceTypes") or specified.get("SupportedRealtimeInferenceInstanceTypes") or []
    named = [each["InstanceType"] for each in input_config.get("EndpointConfigurations", []) if "InstanceType" in each]
    chosen = list(dict.fromkeys(named or supported))[:_MOST]
    if not chosen:
        raise validation("SupportedInstanceTypes is empty: the local SageMaker does not choose instance types itself")
    known = shapes.enumeration("sagemaker", "ProductionVariantInstanceType")
    for instance_type in chosen:
        if instance_type not in known:
            raise validation(f"{instance_type} is not an instance type of real-time endpoints")
        if instance_type.startswith("ml.t2."):
            raise validation(f"Burstable instance type {instance_type} is not allowed.")
        if supported and instance_type not in supported:
            raise validation(f"The model package does not support the instance type {instance_type}")
    return chosen


def _step(job: str, instance_type: str) -> Record:
    name = f"sm-epc-{job[:_ENDPOINT_NAME]}-{secrets.token_hex(4)}"
    endpoint = {"EndpointName": name, "VariantName": name, "InstanceType": instance_type, "InitialInstanceCount": 1}
    benchmark = {"EndpointConfiguration": endpoint, "ModelConfiguration": {}}
    return {"StepType": "BENCHMARK", "JobName": job, "Status": "PENDING", "InferenceBenchmark": benchmark}


def _listed(plane: Plane, request: dict[str, Any], record: Record) -> bool:
    del plane
    input_config = record["InputConfig"]
    return all(
        request.get(wanted) in (None, input_config.get(member))
        for wanted, member in (
            ("ModelNameEquals", "ModelName"),
            ("ModelPackageVersionArnEquals", "ModelPackageVersionArn"),
        )
    )


OPERATIONS = {
    "CreateInferenceRecommendationsJob": create,
    "DescribeInferenceRecommendationsJob": lambda plane, request: find(plane, request["JobName"]),
    "StopInferenceRecommendationsJob": stop,
    "ListInferenceRecommendationsJobSteps": list_steps,
    "ListInferenceRecommendationsJobs": lister(
        "ListInferenceRecommendationsJobs",
        KIND,
        member="InferenceRecommendationsJobs",
        name="JobName",
        status="Status",
        keep=_listed,
    ),
}
