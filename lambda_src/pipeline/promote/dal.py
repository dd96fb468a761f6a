"""The approved-model parameter, the Serving stack and the model registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import stack_outputs
from contracts.deployment.pipeline import GUARDED, UNGUARDED, StackBusy
from lambda_src.common import approved_model, stack_events
from lambda_src.common.aws import error_code
from lambda_src.common.stack_events import Operation
from lambda_src.pipeline.promote import stuck
from lambda_src.pipeline.promote.deadline import StepDeadline
from lambda_src.pipeline.promote.stuck import ABSENT, StackNotUpdatable

# A retry of an update that CloudFormation has already accepted (Errors of UpdateStack; the model's name for it).
_TOKEN_KNOWN = {"TokenAlreadyExistsException", "TokenAlreadyExists"}
# Between our clock and CloudFormation's.
_CLOCKS_DIFFER = 300.0


class ApprovedParameter:
    """The SSM parameter; "" means that it does not exist."""

    def __init__(self, ssm: Any, *, parameter: str, deadline: StepDeadline) -> None:
        self._ssm = ssm
        self._deadline = deadline
        self._parameter = parameter

    def get(self) -> str:
        """The approved artifact's S3 URI, or ""."""
        return approved_model.read(self._ssm, parameter=self._parameter)

    def put(self, artifact_uri: str) -> None:
        """Approves the artifact; "" removes the parameter. Raises OutOfTime."""
        self._deadline.check()
        if artifact_uri:
            self._ssm.put_parameter(Name=self._parameter, Value=artifact_uri, Type="String", Overwrite=True)
            return
        try:
            self._ssm.delete_parameter(Name=self._parameter)
        except ClientError as error:
            if error_code(error) != "ParameterNotFound":
                raise


class Stack:
    """The Serving stack. resource_types: the types of its resources."""

    def __init__(
        self, cloudformation: Any, *, name: str, resource_types: Sequence[str], deadline: StepDeadline
    ) -> None:
        self._cloudformation = cloudformation
        self._name = name
        self._resource_types = list(resource_types)
        self._deadline = deadline

    def status(self) -> str:
        """The stack's status, ABSENT when there is none."""
        return str(self._describe().get("StackStatus", ABSENT))

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by key."""
        return {output["OutputKey"]: output["OutputValue"] for output in self._describe().get("Outputs", [])}

    def resolved(self, parameter: str) -> str | None:
        """The value of an SSM parameter that the stack was last updated with, or None if unknown.

        `ResolvedValue` of Parameter (CloudFormation's API reference): only for parameters that read SSM.
        """
        for each in self._describe().get("Parameters", []):
            if each.get("ParameterValue") == parameter and "ResolvedValue" in each:
                return str(each["ResolvedValue"])
        return None

    def update(self, *, token: str, guarded: bool) -> bool:
        """Starts an update that reads the parameter again; False if nothing would change.

        token: the same for each try of one update; its events carry it. guarded: whether alarms may take its rollout
        back. Raises StackBusy, StackNotUpdatable and OutOfTime.
        """
        described = self._describe()
        unguarded = GUARDED if guarded else _output(described, stack_outputs.ROLLOUT_ID)
        parameters = [
            {"ParameterKey": key, "ParameterValue": unguarded}
            if key == UNGUARDED and unguarded
            else {"ParameterKey": key, "UsePreviousValue": True}
            for key in (str(parameter["ParameterKey"]) for parameter in described.get("Parameters", []))
        ]
        self._deadline.check()
        try:
            self._cloudformation.update_stack(
                StackName=self._name,
                UsePreviousTemplate=True,
                Parameters=parameters,
                # Without them the role may not; and with them go no capabilities (API_UpdateStack).
                ResourceTypes=self._resource_types,
                ClientRequestToken=token,
            )
        except ClientError as error:
            if error_code(error) == "InsufficientCapabilitiesException":
                raise StackNotUpdatable(stuck.of_an_earlier_version(self._name)) from error
            message = str(error.response.get("Error", {}).get("Message", ""))
            if error_code(error) in _TOKEN_KNOWN:
                return True
            if "No updates are to be performed" in message:
                return False
            if "_IN_PROGRESS state" in message:
                raise StackBusy(message) from error
            if "state and can not be updated" in message:
                raise StackNotUpdatable(message) from error
            raise
        return True

    def operation(self, *, token: str, since: float) -> Operation:
        """The state of the update with a token, which was not started before `since` (seconds since 1970); without a
        stack, not started.

        All events of an operation have its token (ClientRequestToken in UpdateStack's API reference). Events of its
        rollback count even without the token: everything before the start of the next operation belongs to it.
        """
        newer: list[dict[str, Any]] = []
        for event in self._events():
            at = event.get("Timestamp")
            if isinstance(at, datetime) and at.timestamp() < since - _CLOCKS_DIFFER:
                break
            newer.append(event)
            if not stack_events.starts(event):
                continue
            if event.get("ClientRequestToken") == token:
                return stack_events.operation(newer)
            newer = []
        mine = [event for event in newer if event.get("ClientRequestToken") == token]
        return stack_events.operation(mine) if mine else Operation()

    def how_to_repair(self) -> str:
        """What a person must do about a stack that failed to roll back, before it can be updated."""
        try:
            failed = list(self._failures(since={"UPDATE_ROLLBACK_IN_PROGRESS"}))
        except ClientError:
            failed = []
        return stuck.how_to_continue(
            self._name, {event["LogicalResourceId"]: event["ResourceType"] for event in failed}
        )

    def _failures(self, *, since: set[str]) -> Iterator[dict[str, Any]]:
        """Events of resources that failed since the stack was last in a status of `since`, the newest first."""
        for event in self._events():
            if stack_events.is_of_stack(event):
                if event.get("ResourceStatus", "") in since:
                    return
            elif stack_events.tells_a_failure(event):
                yield event

    def _events(self) -> Iterator[dict[str, Any]]:
        """The newest first."""
        more: dict[str, str] = {}
        while True:
            try:
                page = self._cloudformation.describe_stack_events(StackName=self._name, **more)
            except ClientError as error:
                if _is_absent(error):
                    return
                raise
            yield from page["StackEvents"]
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _describe(self) -> dict[str, Any]:
        try:
            return dict(self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0])
        except ClientError as error:
            if _is_absent(error):
                return {}
            raise


def _output(stack: dict[str, Any], name: str) -> str:
    """An output of a stack as it was described; "" if it has none of that name."""
    values = (each["OutputValue"] for each in stack.get("Outputs", []) if each["OutputKey"] == name)
    return str(next(values, ""))


def _is_absent(error: ClientError) -> bool:
    """Whether the stack does not exist."""
    message = str(error.response.get("Error", {}).get("Message", ""))
    return error_code(error) == "ValidationError" and "does not exist" in message


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
