"""Custom resource, without a framework, that cleans up when its stack is deleted, and only then.

ResourceProperties, any of: `StateMachines` (ARNs; their running executions are stopped), `RunningJobPrefix` (running
training and transform jobs are stopped), `Buckets` (emptied and deleted), `ModelPackageGroup` (its packages),
`TrainingJobPrefix` (jobs and their log streams), `TransformJobPrefix` (running ones are stopped; log streams),
`Parameters` (SSM), `ParameterPaths` (all below each), `Vpc` (waits until nothing is connected to it). Create and Update
do nothing.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from contracts.logs import log_groups
from lambda_src.common import aws, cfn_response
from lambda_src.stack_resources.cleanup import executions, network, stack, storage, training, transform
from lambda_src.stack_resources.cleanup.deadline import Deadline

logger = Logger()


def clean(properties: dict[str, Any], *, deadline: Deadline) -> dict[str, int]:
    """Removes everything that `properties` name; returns counts for the log. Jobs first: they write to the rest."""
    done = _stop(properties, deadline=deadline)
    prefix, group = properties.get("TrainingJobPrefix"), properties.get("ModelPackageGroup")
    if prefix:
        done["training_jobs"] = training.delete_training_jobs(
            aws.client("sagemaker"), prefix, deadline=deadline, logger=logger
        )
    transforms = properties.get("TransformJobPrefix")
    if transforms:
        done["transform_jobs"] = transform.stop_transform_jobs(aws.client("sagemaker"), transforms, deadline=deadline)
    if group:
        done["model_packages"] = training.delete_model_packages(aws.client("sagemaker"), group, deadline=deadline)
    for bucket in properties.get("Buckets", []):
        done["objects"] = done.get("objects", 0) + storage.delete_bucket(aws.client("s3"), bucket, deadline=deadline)
    for name in properties.get("Parameters", []):
        storage.delete_parameter(aws.client("ssm"), name)
    for path in properties.get("ParameterPaths", []):
        removed = storage.delete_parameters_below(aws.client("ssm"), path, deadline=deadline)
        done["parameters"] = done.get("parameters", 0) + removed
    for log_group, of in ((log_groups.TRAINING_JOBS, prefix), (log_groups.TRANSFORM_JOBS, transforms)):
        if of:
            removed = storage.delete_log_streams(aws.client("logs"), log_group, prefix=of, deadline=deadline)
            done["log_streams"] = done.get("log_streams", 0) + removed
    vpc = properties.get("Vpc")
    if vpc:
        done["network_interfaces"] = network.await_interfaces(aws.client("ec2"), vpc, deadline=deadline)
    return done


def _stop(properties: dict[str, Any], *, deadline: Deadline) -> dict[str, int]:
    """Stops executions and jobs; executions first, because they start jobs."""
    done: dict[str, int] = {}
    machines, jobs = properties.get("StateMachines"), properties.get("RunningJobPrefix")
    if machines:
        done["executions"] = executions.stop_executions(aws.client("stepfunctions"), machines, deadline=deadline)
    if jobs:
        sagemaker = aws.client("sagemaker")
        done["stopped_training_jobs"] = training.stop_training_jobs(sagemaker, jobs, deadline=deadline)
        done["stopped_transform_jobs"] = transform.stop_transform_jobs(sagemaker, jobs, deadline=deadline)
    return done


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: Any) -> None:
    """A CloudFormation event; answers SUCCESS, or FAILED with the reason."""
    deadline = Deadline(context.get_remaining_time_in_millis)

    def work() -> bool:
        if event["RequestType"] != "Delete":
            return True
        if stack.is_being_deleted(aws.client("cloudformation"), event["StackId"]):
            done = clean(event["ResourceProperties"], deadline=deadline)
            logger.info("cleaned up", removed=done)
        else:
            logger.warning("nothing removed: the stack is not being deleted")
        return True

    remaining = context.get_remaining_time_in_millis
    name = cfn_response.physical_id(event, "cleanup")
    cfn_response.always(event, work, physical_id=name, logger=logger, remaining_ms=remaining)
