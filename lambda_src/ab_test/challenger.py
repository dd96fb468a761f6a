"""The challenger's model and endpoint: resources of the Challenger stack, which exist while a test needs them.

The stack is updated with its previous template, so CloudFormation stays their only owner (decision 81).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from botocore.exceptions import ClientError

from contracts.ab_tests.challenger import ARTIFACT, NO, NOTHING, SERVE, YES
from contracts.deployment import stack_outputs
from lambda_src.common import stack_events
from lambda_src.common.aws import error_code

State = Literal["none", "changing", "ready", "failed"]

_MODEL = "AWS::SageMaker::Model"
# What a stack can be updated from (CloudFormation user guide, "Understand CloudFormation stack creation events").
_SETTLED = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
_SETTLED |= {"IMPORT_ROLLBACK_COMPLETE"}
_STUCK = "UPDATE_ROLLBACK_FAILED"
_OPERATIONS = 10  # of the stack, among which an update is looked for
# A retry of an update that CloudFormation has already accepted (Errors of UpdateStack; the model's name for it).
_TOKEN_KNOWN = {"TokenAlreadyExistsException", "TokenAlreadyExists"}


class ChallengerError(Exception):
    """CloudFormation cannot make or remove a challenger now; the message is a sentence that says what to do."""


class Challenger:
    """The challenger of one environment. resource_types: of the stack called `stack_name`."""

    def __init__(
        self, cloudformation: Any, sagemaker: Any, *, stack_name: str, resource_types: Sequence[str], endpoint_name: str
    ) -> None:
        self._cloudformation = cloudformation
        self._sagemaker = sagemaker
        self._stack = stack_name
        self._resource_types = list(resource_types)
        self.endpoint_name = endpoint_name

    def ask(self, artifact_uri: str, *, serve: bool, token: str) -> None:
        """Begins to make the challenger's model, with an endpoint if `serve`; does nothing if it is there.

        token: the same for each try of one update. While the stack is being changed it does nothing either: look at
        `state` and ask again. Raises ChallengerError.
        """
        self._update({ARTIFACT: artifact_uri, SERVE: YES if serve else NO}, token=token)

    def remove(self, *, token: str) -> None:
        """Begins to delete the challenger's model and endpoint; otherwise as `ask`."""
        self._update({ARTIFACT: NOTHING, SERVE: NO}, token=token)

    def state(self, *, token: str) -> tuple[State, str]:
        """Where the challenger is, and the reason if it failed.

        token: of the last `ask` or `remove`: only this update's failure counts. none: nothing of it exists. ready: all
        that was asked for exists. failed: the update was rolled back, so that all is as before it; something was left
        over; or a person must repair the stack.
        """
        status = self._status()
        if status.endswith("_IN_PROGRESS"):
            return "changing", ""
        if status not in _SETTLED:
            return "failed", self._how_to_repair(status)
        # Not only of the newest: a deploy may have followed, and CloudFormation takes no token twice.
        operation = stack_events.begun_with(token, self._events(), most=_OPERATIONS)
        if operation is not None and "ROLLBACK" in operation.status:
            return "failed", operation.reason or f"the stack {self._stack} is in {status}"
        if self._has_model():
            return "ready", ""
        return ("failed", self._left_over()) if self._endpoint_exists() else ("none", "")

    def model_name(self) -> str:
        """The name of the challenger's model; "" without one."""
        outputs = {output["OutputKey"]: str(output["OutputValue"]) for output in self._described().get("Outputs", [])}
        return outputs.get(stack_outputs.CHALLENGER_MODEL_NAME, "")

    def _update(self, values: dict[str, str], *, token: str) -> None:
        status = self._status()
        if status.endswith("_IN_PROGRESS"):
            return
        if status not in _SETTLED:
            raise ChallengerError(self._how_to_repair(status))
        try:
            self._cloudformation.update_stack(
                StackName=self._stack,
                UsePreviousTemplate=True,
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
                # Without them the role may not; and with them go no capabilities (API_UpdateStack).
                ResourceTypes=self._resource_types,
                ClientRequestToken=token,
            )
        except ClientError as error:
            message = str(error.response.get("Error", {}).get("Message", ""))
            known = error_code(error) in _TOKEN_KNOWN or "No updates are to be performed" in message
            if not known and "_IN_PROGRESS state" not in message:
                raise

    def _has_model(self) -> bool:
        """Whether the stack has the model. Asked of its resources: no document says which parameters and outputs a
        stack that was rolled back describes.
        """
        resources = self._cloudformation.describe_stack_resources(StackName=self._stack)["StackResources"]
        models = [each["ResourceStatus"] for each in resources if each["ResourceType"] == _MODEL]
        return any(not status.startswith("DELETE_COMPLETE") for status in models)

    def _endpoint_exists(self) -> bool:
        try:
            self._sagemaker.describe_endpoint(EndpointName=self.endpoint_name)
        except ClientError as error:
            # DescribeEndpoint has no other error for a missing endpoint.
            if error_code(error) != "ValidationException":
                raise
            return False
        return True

    def _left_over(self) -> str:
        """An update is complete although it could not delete what it no longer has (CloudFormation user guide,
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS").
        """
        return (
            f"CloudFormation could not delete the endpoint {self.endpoint_name}, which costs money: run `aws sagemaker "
            f"delete-endpoint --endpoint-name {self.endpoint_name}`"
        )

    def _how_to_repair(self, status: str) -> str:
        if status == _STUCK:
            return (
                f"the stack {self._stack} failed to roll back: run `aws cloudformation continue-update-rollback "
                f"--stack-name {self._stack}` and wait for UPDATE_ROLLBACK_COMPLETE"
            )
        found = f"is in {status}" if status else "does not exist"
        return f"the stack {self._stack} {found}: run `cdk deploy {self._stack}`"

    def _status(self) -> str:
        """The stack's status; "" without one."""
        status = str(self._described().get("StackStatus", ""))
        return "" if status in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS") else status

    def _described(self) -> dict[str, Any]:
        try:
            return dict(self._cloudformation.describe_stacks(StackName=self._stack)["Stacks"][0])
        except ClientError as error:
            message = str(error.response.get("Error", {}).get("Message", ""))
            if error_code(error) == "ValidationError" and "does not exist" in message:
                return {}
            raise

    def _events(self) -> Iterator[dict[str, Any]]:
        """The newest first."""
        more: dict[str, str] = {}
        while True:
            page = self._cloudformation.describe_stack_events(StackName=self._stack, **more)
            yield from page["StackEvents"]
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}
