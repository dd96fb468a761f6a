"""The state of the local AWS, from CloudFormation, SSM and SageMaker."""

from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from contracts.deployment import buckets, stack_outputs
from local import aws_environment, server
from local.workspace import Workspace, read_json


@dataclass(frozen=True)
class Deployment:
    """The output of `make local-status`; None for what does not exist (yet). stacks: status by name."""

    running: bool = False
    environment: str | None = None
    aws_endpoint_url: str | None = None
    api_url: str | None = None
    api_key: str | None = None
    console_url: str | None = None
    model_version: str | None = None
    endpoint_status: str | None = None
    stacks: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The JSON object that `status` prints."""
        return asdict(self)


def client(workspace: Workspace, service: str) -> Any:
    """A boto3 client of the local AWS."""
    return aws_environment.client(workspace, service)


def read(workspace: Workspace) -> Deployment:
    """The current state; Deployment() if the local AWS is not running."""
    running = server.find(workspace)
    if running is None or not running.answers:
        return Deployment(environment=workspace.environment)
    stacks = stacks_of(workspace)
    outputs = {key: value for stack in stacks for key, value in outputs_of(stack).items()}
    return Deployment(
        running=True,
        environment=workspace.settings.name,
        aws_endpoint_url=running.endpoint_url,
        api_url=at_endpoint(outputs.get(stack_outputs.API_URL), running.endpoint_url),
        api_key=read_json(workspace.demo_file).get("api_key"),
        console_url=at_endpoint(outputs.get(stack_outputs.CONSOLE_URL), running.endpoint_url),
        model_version=_model_version(workspace),
        endpoint_status=endpoint_status(workspace, client(workspace, "sagemaker")),
        stacks={stack["StackName"]: stack["StackStatus"] for stack in stacks},
    )


def stacks_of(workspace: Workspace) -> list[dict[str, Any]]:
    """CloudFormation's descriptions of the environment's stacks, in order of creation."""
    pages = client(workspace, "cloudformation").get_paginator("describe_stacks").paginate()
    stacks = [stack for page in pages for stack in page["Stacks"]]
    ours = [stack for stack in stacks if stack["StackName"].startswith(workspace.stack_prefix)]
    return sorted(
        (stack for stack in ours if stack["StackStatus"] != "DELETE_COMPLETE"), key=lambda stack: stack["CreationTime"]
    )


def outputs_of(stack: dict[str, Any]) -> dict[str, str]:
    """A stack's outputs by name."""
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def at_endpoint(url: str | None, endpoint: str) -> str | None:
    """The URL with the current port of the local AWS; an output keeps the port of its deploy."""
    if url is None or urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        return url
    return urlsplit(url)._replace(netloc=urlsplit(endpoint).netloc).geturl()


def endpoint_status(workspace: Workspace, sagemaker: Any) -> str | None:
    """The status of the environment's endpoint; None if there is none. sagemaker: a client."""
    name = workspace.settings.endpoint_name
    endpoints = sagemaker.list_endpoints(NameContains=name)["Endpoints"]
    return next((str(endpoint["EndpointStatus"]) for endpoint in endpoints if endpoint["EndpointName"] == name), None)


def _model_version(workspace: Workspace) -> str | None:
    """The training job in the approved model's location, `s3://<bucket>/models/<job>/output/model.tar.gz`."""
    try:
        parameter = client(workspace, "ssm").get_parameter(Name=workspace.settings.approved_model_parameter)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return None
    return buckets.model_version(str(parameter["Parameter"]["Value"])) or None
