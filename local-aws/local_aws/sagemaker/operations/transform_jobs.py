"""Transform jobs: the records and the rules; local_aws.sagemaker.jobs.transform runs them."""

from typing import Any

from local_aws.common.errors import in_use, validation
from local_aws.common.store import Record
from local_aws.sagemaker import networks
from local_aws.sagemaker.access import creation
from local_aws.sagemaker.operations import models
from local_aws.sagemaker.operations.listing import lister
from local_aws.sagemaker.plane import Plane

KIND = "transform-job"
CHANGED = "SageMaker Transform Job State Change"
_MOST_MB = 100
_HERE = "the local SageMaker does not"


def find(plane: Plane, name: str) -> Record:
    record = plane.store.get(KIND, name)
    if record is None:
        raise validation(f"Could not find requested job with name: {name}")
    return record


def create(plane: Plane, request: dict[str, Any]) -> Record:
    name = request["TransformJobName"]
    arn = plane.store.arn(f"{KIND}/{name}")
    model = models.find(plane, request["ModelName"])
    _check(request)
    if model.get("ExecutionRoleArn"):
        creation.job_role(plane.roles, model["ExecutionRoleArn"], source_arn=arn)
    with plane.store.lock:
        if plane.store.get(KIND, name) is not None:
            raise in_use(
                "Transform job names must be unique within an AWS account and region, "
                f"and a transform job with this name already exists ({arn})"
            )
        count = int(request["TransformResources"]["InstanceCount"])
        networks.connect(arn, model.get("VpcConfig"), instances=count)
        record = {**request, "TransformJobArn": arn, "TransformJobStatus": "InProgress"}
        record = plane.create(KIND, name, record, arn_member="TransformJobArn", tags=request.get("Tags"))
    plane.publish(CHANGED, record, arn)
    plane.transforms.start(record)
    return record


def stop(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
    with plane.store.lock:
        record = find(plane, request["TransformJobName"])
        status = record["TransformJobStatus"]
        if status == "Stopping":
            return {}
        if status != "InProgress":
            raise validation(f"The request was rejected because the transform job is in status {status}.")
        record["TransformJobStatus"] = "Stopping"
    plane.touch(record)
    plane.publish(CHANGED, record, record["TransformJobArn"])
    plane.transforms.stop(record)
    return {}


def _check(request: dict[str, Any]) -> None:
    source = request["TransformInput"]
    if source.get("SplitType") in ("RecordIO", "TFRecord"):
        raise validation(f"SplitType {source['SplitType']}: {_HERE} split it; use Line or None")
    if source["DataSource"]["S3DataSource"]["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise validation(f"S3DataType: {_HERE} read it; use S3Prefix or ManifestFile")
    payload, concurrent = request.get("MaxPayloadInMB"), request.get("MaxConcurrentTransforms")
    if payload is not None and payload > _MOST_MB:
        raise validation(f"MaxPayloadInMB must not be greater than {_MOST_MB}")
    if payload is not None and concurrent is not None and payload * concurrent > _MOST_MB:
        raise validation(f"MaxConcurrentTransforms * MaxPayloadInMB must not exceed {_MOST_MB} MB")
    processing = request.get("DataProcessing", {})
    if processing.get("JoinSource", "None") != "None" or any(
        processing.get(member, "$") != "$" for member in ("InputFilter", "OutputFilter")
    ):
        raise validation(f"DataProcessing: {_HERE} filter or join records")
    if "DataCaptureConfig" in request:
        raise validation(f"DataCaptureConfig: {_HERE} capture the data of transform jobs")


OPERATIONS = {
    "CreateTransformJob": create,
    "DescribeTransformJob": lambda plane, request: find(plane, request["TransformJobName"]),
    "StopTransformJob": stop,
    "ListTransformJobs": lister(
        "ListTransformJobs",
        KIND,
        member="TransformJobSummaries",
        name="TransformJobName",
        status="TransformJobStatus",
    ),
}
