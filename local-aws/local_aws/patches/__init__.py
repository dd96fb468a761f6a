"""Patches for MiniStack: each module's `install()` fixes or adds one thing from outside."""

from types import ModuleType

from local_aws.patches import (
    bedrock,
    codebuild,
    ec2,
    ecr,
    http_api,
    organizations,
    secret_rotation,
    sqs_metrics,
    timer,
)
from local_aws.patches.cloudformation import conditions, custom_resource, drift, exports, outputs, parameters, types
from local_aws.patches.cloudformation import deletion as stack_deletion
from local_aws.patches.cloudwatch import alarms, emf
from local_aws.patches.dynamodb import global_tables, limits, throughput
from local_aws.patches.functions import concurrency, errors, latency, logs, metrics, vpc
from local_aws.patches.http_api import resources
from local_aws.patches.iam import boundaries, oidc_provider, policies, simulation, web_identity
from local_aws.patches.s3 import access_logs, buckets, written_once
from local_aws.patches.step_functions import access, executions, telemetry
from local_aws.patches.step_functions import deletion as machine_deletion

# Install the timer last: the functions that it calls are registered by then.
ALL: tuple[ModuleType, ...] = (
    latency,
    errors,
    concurrency,
    logs,
    metrics,
    emf,
    resources,
    http_api,
    global_tables,
    limits,
    throughput,
    custom_resource,
    conditions,
    outputs,
    parameters,
    stack_deletion,
    ec2,
    vpc,
    exports,
    types,
    drift,
    policies,
    boundaries,
    oidc_provider,
    web_identity,
    buckets,
    access_logs,
    written_once,
    telemetry,
    executions,
    access,
    machine_deletion,
    sqs_metrics,
    alarms,
    bedrock,
    codebuild,
    ecr,
    organizations,
    simulation,
    secret_rotation,
    timer,
)


def install() -> None:
    """Install every patch, before MiniStack starts serving."""
    for patch in ALL:
        patch.install()
