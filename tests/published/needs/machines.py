"""The permissions that a state machine's role needs: for each state's integration, its log and its traces."""

from __future__ import annotations

from collections.abc import Iterator

from tests.published.needs.need import Need, all_of
from tests.published.sent.requests import Request
from tests.published.synthesised.concrete import Account
from tests.published.synthesised.machines import Machine

LAMBDA = "Step Functions developer guide, connect-lambda"
SAGEMAKER = "Step Functions developer guide, connect-sagemaker (IAM policies, synchronous)"
NESTED = "Step Functions developer guide, connect-stepfunctions (IAM policies, synchronous)"
SDK = "Step Functions developer guide, supported-services-awssdk"
LOGS = "Step Functions developer guide, cw-logs (IAM policies for logging)"
XRAY = "Step Functions developer guide, concepts-xray-tracing (IAM policies)"
DELIVERY = (
    "logs:CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries "
    "PutResourcePolicy DescribeResourcePolicies DescribeLogGroups"
)


def machine(found: Machine, *, account: Account, requests: list[Request]) -> Iterator[Need]:
    """Needs of one machine. requests: its calls with their parameters."""
    properties = found.resource.properties
    if properties.get("LoggingConfiguration", {}).get("Level", "OFF") != "OFF":
        yield from all_of(DELIVERY, "*", LOGS)
    if properties.get("TracingConfiguration", {}).get("Enabled"):
        traces = "xray:PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets"
        yield from all_of(traces, "*", XRAY)
    for _, state in found.states("Task"):
        if ":lambda:" in state["Resource"] and ":function:" in state["Resource"]:
            yield from all_of("lambda:InvokeFunction", state["Resource"], LAMBDA)
    for request in requests:
        yield from _call(request, account)


def _call(request: Request, account: Account) -> Iterator[Need]:
    where = f"{account.region}:{account.account}"
    arguments = request.parameters
    match request.operation:
        case "CreateTrainingJob":
            job = f"arn:{account.partition}:sagemaker:{where}:training-job/{arguments['TrainingJobName']}"
            yield from all_of("sagemaker:CreateTrainingJob DescribeTrainingJob StopTrainingJob", job, SAGEMAKER)
            if arguments.get("Tags"):
                yield from all_of("sagemaker:AddTags", job, SAGEMAKER)
            yield Need(
                "iam:PassRole", arguments["RoleArn"], SAGEMAKER, {"iam:PassedToService": "sagemaker.amazonaws.com"}
            )
            yield from _rule("StepFunctionsGetEventsForSageMakerTrainingJobsRule", account, SAGEMAKER)
        case "StartExecution":
            name = arguments["stateMachineArn"].rsplit(":", 1)[-1]
            execution = f"arn:{account.partition}:states:{where}:execution:{name}:{arguments['name']}"
            yield from all_of("states:StartExecution", arguments["stateMachineArn"], NESTED)
            if request.waits:
                yield from all_of("states:DescribeExecution StopExecution", execution, NESTED)
                yield from _rule("StepFunctionsGetEventsForStepFunctionsExecutionRule", account, NESTED)
        case "DescribeExecution":
            yield from all_of("states:DescribeExecution", arguments["executionArn"], SDK)
        case "DescribeTrainingJob":
            job = f"arn:{account.partition}:sagemaker:{where}:training-job/{arguments['TrainingJobName']}"
            yield from all_of("sagemaker:DescribeTrainingJob", job, SDK)
        case "CreateModelPackage":
            package = f"arn:{account.partition}:sagemaker:{where}:model-package/{arguments['ModelPackageGroupName']}/1"
            yield from all_of("sagemaker:CreateModelPackage", package, SDK)
        case other:
            raise NotImplementedError(f"what a state machine needs for {other}")


def _rule(name: str, account: Account, source: str) -> Iterator[Need]:
    rule = f"arn:{account.partition}:events:{account.region}:{account.account}:rule/{name}"
    yield from all_of("events:PutTargets PutRule DescribeRule", rule, source)
