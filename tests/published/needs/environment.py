"""Every role of an environment with the permissions that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from tests.published.needs.functions import Function, function
from tests.published.needs.machines import machine
from tests.published.needs.need import Need, all_of
from tests.published.needs.sagemaker import Runs
from tests.published.sent.requests import of_machine, replay_request, training_request, transform_request
from tests.published.synthesised.concrete import Account, Resource
from tests.published.synthesised.machines import machines
from tests.published.synthesised.world import Environment

EVENTS = "EventBridge user guide, eb-use-resource-based (Step Functions targets)"
BUILD = "CodeBuild user guide, setting-up-service-role"
FLOW_LOGS = "VPC user guide, flow-logs-iam-role"
PUSH = "ECR user guide, image-push-iam"


def needs(environment: Environment) -> dict[str, list[Need]]:
    """Needs by the ARN of the role that has them."""
    found: dict[str, list[Need]] = {}
    for role, need in _needs(environment):
        found.setdefault(role, []).append(need)
    return found


def _needs(environment: Environment) -> Iterator[tuple[str, Need]]:
    account = environment.account
    for resource in account.resources("AWS::Lambda::Function"):
        for need in function(Function(resource, account)):
            yield resource.properties["Role"], need
    for found in machines(account):
        for need in machine(found, account=account, requests=of_machine(found, environment)):
            yield found.resource.properties["RoleArn"], need
    for rule in account.resources("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            if "RoleArn" in target:
                for need in all_of("states:StartExecution", target["Arn"], EVENTS):
                    yield target["RoleArn"], need
    for project in account.resources("AWS::CodeBuild::Project"):
        for need in _build(project, account):
            yield project.properties["ServiceRole"], need
    for log in account.resources("AWS::EC2::FlowLog"):
        for need in _flow_log(log, account):
            yield log.properties["DeliverLogsPermissionArn"], need
    if environment.settings.classifier.trained:
        yield from _sagemaker(environment)


def _flow_log(log: Resource, account: Account) -> Iterator[Need]:
    at = f"arn:{account.partition}:logs:{account.region}:{account.account}:log-group"
    group = f"{at}:{log.properties['LogGroupName']}"
    yield from all_of("logs:CreateLogStream PutLogEvents", f"{group}:log-stream:x", FLOW_LOGS)
    yield from all_of("logs:DescribeLogStreams", f"{group}:*", FLOW_LOGS)
    yield from all_of("logs:DescribeLogGroups", f"{at}:*", FLOW_LOGS)


def _sagemaker(environment: Environment) -> Iterator[tuple[str, Need]]:
    account = environment.account
    runs = Runs(account)
    request = training_request(environment)
    for need in (*runs.training(request), *runs.other_dataset(), *runs.notebooks(request)):
        yield request.parameters["RoleArn"], need
    for part, job in (("Serving", transform_request(environment)), ("Challenger", replay_request(environment))):
        model, config, endpoint = (
            account.only(environment.stack(part), f"AWS::SageMaker::{kind}")
            for kind in ("Model", "EndpointConfig", "Endpoint")
        )
        for need in (*runs.model(model), *runs.endpoint(endpoint, config), *runs.transform(job)):
            yield model.properties["ExecutionRoleArn"], need


def _build(project: Resource, account: Account) -> Iterator[Need]:
    """A build that reads its sources from S3, logs to a group that is there, and pushes an image."""
    location = f"arn:{account.partition}:s3:::{project.properties['Source']['Location']}"
    yield from all_of("s3:GetObject GetObjectVersion", location, BUILD)
    yield from all_of("s3:GetBucketAcl GetBucketLocation", location.split("/", maxsplit=1)[0], BUILD)
    group = project.properties["LogsConfig"]["CloudWatchLogs"]["GroupName"]
    stream = f"arn:{account.partition}:logs:{account.region}:{account.account}:log-group:{group}:log-stream:x"
    yield from all_of("logs:CreateLogStream PutLogEvents", stream, BUILD)
    [repository] = account.resources("AWS::ECR::Repository")
    pushing = (
        "BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload InitiateLayerUpload PutImage UploadLayerPart"
    )
    yield from all_of(f"ecr:{pushing}", str(repository.arn), PUSH)
    yield from all_of("ecr:GetAuthorizationToken", "*", PUSH)
