"""What MiniStack gets wrong or lacks for this project, mended from outside: one file a gap, each with `install()`."""

from types import ModuleType

from local_aws.server import executions
from local_aws.server.mends import (
    access_logs,
    alarms,
    api_resources,
    bedrock,
    buckets,
    codebuild,
    conditions,
    custom_resource,
    dynamodb_limits,
    ecr,
    emf,
    global_tables,
    http_api,
    lambda_errors,
    lambda_latency,
    lambda_logs,
    lambda_metrics,
    machine_access,
    machine_deletion,
    organizations,
    policy_simulation,
    secret_rotation,
    sqs_metrics,
    stack_deletion,
    stack_exports,
    stack_parameters,
    stack_types,
    states,
    timer,
    written_once,
)

# The timer comes last: what it calls is registered by then.
ALL: tuple[ModuleType, ...] = (
    lambda_latency,
    lambda_errors,
    lambda_logs,
    lambda_metrics,
    emf,
    api_resources,
    http_api,
    global_tables,
    dynamodb_limits,
    custom_resource,
    conditions,
    stack_parameters,
    stack_deletion,
    stack_exports,
    stack_types,
    buckets,
    access_logs,
    written_once,
    states,
    executions,
    machine_access,
    machine_deletion,
    sqs_metrics,
    alarms,
    bedrock,
    codebuild,
    ecr,
    organizations,
    policy_simulation,
    secret_rotation,
    timer,
)


def install() -> None:
    """Install every mend; MiniStack must not serve yet."""
    for mend in ALL:
        mend.install()
