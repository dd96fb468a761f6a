"""The approved-model parameter, the Serving stack and the model registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common import approved_model
from lambda_src.common.aws import error_code
from lambda_src.promote import logic
from lambda_src.promote.logic import ABSENT, StackBusy, StackNotUpdatable

_FAILED_STATES = {"UPDATE_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
_STARTS = {"UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS"}


class ApprovedModel:
    """The SSM parameter; "" stands for an absent one."""

    def __init__(self, ssm: Any, *, parameter: str) -> None:
        self._ssm = ssm
        self._parameter = parameter

    def get(self) -> str:
        """The approved artifact's S3 URI, or ""."""
        return approved_model.read(self._ssm, parameter=self._parameter)

    def put(self, artifact_uri: str) -> None:
        """Approves the artifact; "" removes the parameter."""
        if artifact_uri:
            self._ssm.put_parameter(Name=self._parameter, Value=artifact_uri, Type="String", Overwrite=True)
            return
        try:
            self._ssm.delete_parameter(Name=self._parameter)
        except ClientError as error:
            if error_code(error) != "ParameterNotFound":
                raise


class Stack:
    """The Serving stack, whose resources are of the given types."""

    def __init__(self, cloudformation: Any, *, name: str, resource_types: Sequence[str]) -> None:
        self._cloudformation = cloudformation
        self._name = name
        self._resource_types = list(resource_types)

    def status(self) -> str:
        """The stack's status, ABSENT when there is none."""
        return str(self._describe().get("StackStatus", ABSENT))

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by key."""
        return {output["OutputKey"]: output["OutputValue"] for output in self._describe().get("Outputs", [])}

    def update(self) -> bool:
        """Starts an update that reads the parameter anew; False when nothing would change.

        Raises StackBusy or StackNotUpdatable.
        """
        parameters = [
            {"ParameterKey": parameter["ParameterKey"], "UsePreviousValue": True}
            for parameter in self._describe().get("Parameters", [])
        ]
        try:
            self._cloudformation.update_stack(
                StackName=self._name,
                UsePreviousTemplate=True,
                Parameters=parameters,
                # Without them the role may not; and with them go no capabilities (API_UpdateStack).
                ResourceTypes=self._resource_types,
            )
        except ClientError as error:
            if error_code(error) == "InsufficientCapabilitiesException":
                raise StackNotUpdatable(logic.of_an_earlier_version(self._name)) from error
            message = str(error.response.get("Error", {}).get("Message", ""))
            if "No updates are to be performed" in message:
                return False
            if "_IN_PROGRESS state" in message:
                raise StackBusy(message) from error
            if "state and can not be updated" in message:
                raise StackNotUpdatable(message) from error
            raise
        return True

    def failure(self) -> str:
        """The first resource that failed in the last update, and why; "" when nothing tells."""
        try:
            failed = list(self._failures(since=_STARTS))
        except ClientError as error:
            return f"its events cannot be read: {error}"
        if not failed:
            return ""
        return f"{failed[-1].get('LogicalResourceId', '')}: {failed[-1].get('ResourceStatusReason', '')}"

    def way_out(self) -> str:
        """What a person does about a stack that failed to roll back: it cannot be updated before."""
        try:
            failed = list(self._failures(since={"UPDATE_ROLLBACK_IN_PROGRESS"}))
        except ClientError:
            failed = []
        return logic.way_out(self._name, {event["LogicalResourceId"]: event["ResourceType"] for event in failed})

    def _failures(self, *, since: set[str]) -> Iterator[dict[str, Any]]:
        """Events of resources that failed since the stack was last in a status of `since`, the newest first."""
        more: dict[str, str] = {}
        while True:
            page = self._cloudformation.describe_stack_events(StackName=self._name, **more)
            for event in page["StackEvents"]:
                status = event.get("ResourceStatus", "")
                if event.get("PhysicalResourceId") == event.get("StackId"):
                    if status in since:
                        return
                elif status in _FAILED_STATES and "cancelled" not in event.get("ResourceStatusReason", ""):
                    yield event
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _describe(self) -> dict[str, Any]:
        try:
            return dict(self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0])
        except ClientError as error:
            message = str(error.response.get("Error", {}).get("Message", ""))
            if error_code(error) == "ValidationError" and "does not exist" in message:
                return {}
            raise


def model_package(sagemaker: Any, *, model_package_arn: str) -> dict[str, Any] | None:
    """The model package, None when there is none."""
    try:
        return dict(sagemaker.describe_model_package(ModelPackageName=model_package_arn))
    except ClientError as error:
        message = str(error.response.get("Error", {}).get("Message", ""))
        if error_code(error) == "ValidationException" and "does not exist" in message:
            return None
        raise


def artifact_of(package: dict[str, Any], *, model_package_arn: str) -> str:
    """The S3 URI of the artifact in a model package. Raises ValueError for a package without one."""
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    uri = next((str(container["ModelDataUrl"]) for container in containers if container.get("ModelDataUrl")), "")
    if not uri:
        raise ValueError(f"the model package {model_package_arn} names no artifact")
    return uri
