"""Tests ab_test/challenger.py where the local AWS cannot: answers of CloudFormation that are rare or come late."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_src.ab_test.challenger import Challenger, ChallengerError

STACK, ID = "Rubric-dev-Challenger", "arn:aws:cloudformation:us-east-1:123456789012:stack/Rubric-dev-Challenger/1"


def error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "UpdateStack")


def event(status: str, *, token: str = "", logical: str = "", reason: str = "") -> dict[str, Any]:
    found = {"StackId": ID, "ResourceStatus": status, "Timestamp": datetime.now(UTC), "ClientRequestToken": token}
    own = {"LogicalResourceId": logical, "PhysicalResourceId": logical, "ResourceStatusReason": reason}
    return found | (own if logical else {"LogicalResourceId": STACK, "PhysicalResourceId": ID})


class CloudFormation:
    """A stack: its status, resources and events, the newest first; refuses updates with `refusal`."""

    def __init__(self) -> None:
        self.status = "UPDATE_COMPLETE"
        self.models: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.refusal: ClientError | None = None
        self.updates: list[dict[str, Any]] = []

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": self.status}]}

    def describe_stack_resources(self, **_: str) -> dict[str, Any]:
        return {"StackResources": [{"ResourceType": "AWS::SageMaker::Model", "ResourceStatus": s} for s in self.models]}

    def describe_stack_events(self, *, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        at = int(NextToken)
        more = {"NextToken": f"{at + 1}"} if at + 1 < len(self.events) else {}
        return {"StackEvents": self.events[at : at + 1], **more}

    def update_stack(self, **request: Any) -> None:
        self.updates.append(request)
        if self.refusal is not None:
            raise self.refusal


class SageMaker:
    def describe_endpoint(self, **_: str) -> dict[str, Any]:
        raise error("ValidationException", 'Could not find endpoint "rubric-dev-challenger".')


@pytest.fixture
def cloudformation() -> CloudFormation:
    return CloudFormation()


@pytest.fixture
def challenger(cloudformation: CloudFormation) -> Challenger:
    return Challenger(
        cloudformation, SageMaker(), stack_name=STACK, resource_types=["AWS::SageMaker::Model"], endpoint_name="e"
    )


def test_an_update_sends_both_parameters_the_types_and_the_token(
    challenger: Challenger, cloudformation: CloudFormation
) -> None:
    challenger.ask("s3://b/model.tar.gz", serve=True, token="t1")
    challenger.remove(token="t2")
    sent = [{p["ParameterKey"]: p["ParameterValue"] for p in update["Parameters"]} for update in cloudformation.updates]
    assert sent == [{"Artifact": "s3://b/model.tar.gz", "Serve": "yes"}, {"Artifact": "none", "Serve": "no"}]
    [first, _] = cloudformation.updates
    assert (first["StackName"], first["UsePreviousTemplate"], first["ClientRequestToken"]) == (STACK, True, "t1")
    assert first["ResourceTypes"] == ["AWS::SageMaker::Model"] and "Capabilities" not in first


@pytest.mark.parametrize(
    "refusal",
    [
        error("ValidationError", "No updates are to be performed."),
        error("TokenAlreadyExistsException", "A client request token already exists"),
        error("ValidationError", f"Stack:{ID} is in UPDATE_IN_PROGRESS state and can not be updated."),
    ],
)
def test_what_was_asked_before_or_must_wait_is_no_error(
    challenger: Challenger, cloudformation: CloudFormation, refusal: ClientError
) -> None:
    cloudformation.refusal = refusal
    challenger.ask("s3://b/model.tar.gz", serve=False, token="t1")
    assert len(cloudformation.updates) == 1


def test_a_permission_that_is_missing_is_an_error(challenger: Challenger, cloudformation: CloudFormation) -> None:
    cloudformation.refusal = error("AccessDenied", "not authorized to perform: cloudformation:UpdateStack")
    with pytest.raises(ClientError, match="not authorized"):
        challenger.remove(token="t1")


def test_a_stack_that_is_being_changed_is_left_alone(challenger: Challenger, cloudformation: CloudFormation) -> None:
    cloudformation.status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
    challenger.ask("s3://b/model.tar.gz", serve=False, token="t1")
    assert cloudformation.updates == [] and challenger.state(token="t1") == ("changing", "")


@pytest.mark.parametrize(
    ("status", "todo"),
    [
        ("UPDATE_ROLLBACK_FAILED", f"run `aws cloudformation continue-update-rollback --stack-name {STACK}`"),
        ("ROLLBACK_COMPLETE", f"is in ROLLBACK_COMPLETE: run `cdk deploy {STACK}`"),
        ("REVIEW_IN_PROGRESS", ""),
        ("DELETE_COMPLETE", f"does not exist: run `cdk deploy {STACK}`"),
    ],
)
def test_a_stack_that_a_person_must_repair(
    challenger: Challenger, cloudformation: CloudFormation, status: str, todo: str
) -> None:
    cloudformation.status = status
    state, reason = challenger.state(token="t1")
    assert state == "failed" and todo in reason
    with pytest.raises(ChallengerError, match=STACK):
        challenger.ask("s3://b/model.tar.gz", serve=False, token="t1")
    assert cloudformation.updates == []


def failed_update(token: str) -> list[dict[str, Any]]:
    return [
        event("UPDATE_ROLLBACK_COMPLETE"),  # no document says that a rollback's events carry the token
        event("CREATE_FAILED", token=token, logical="Config", reason="Resource creation cancelled"),
        event("CREATE_FAILED", token=token, logical="Endpoint", reason="The endpoint did not pass the health check"),
        event("UPDATE_IN_PROGRESS", token=token),
        event("UPDATE_COMPLETE"),
        event("UPDATE_IN_PROGRESS", token="before"),
    ]


def test_an_update_that_was_rolled_back_failed_with_its_first_reason(
    challenger: Challenger, cloudformation: CloudFormation
) -> None:
    cloudformation.status, cloudformation.events = "UPDATE_ROLLBACK_COMPLETE", failed_update("t1")
    assert challenger.state(token="t1") == ("failed", "Endpoint: The endpoint did not pass the health check")


def test_the_failure_of_an_earlier_test_is_not_this_ones(
    challenger: Challenger, cloudformation: CloudFormation
) -> None:
    cloudformation.status, cloudformation.events = "UPDATE_ROLLBACK_COMPLETE", failed_update("earlier")
    assert challenger.state(token="t1") == ("none", "")
    assert challenger.state(token="before") == ("none", "")


def test_a_deploy_after_it_does_not_hide_a_failure(challenger: Challenger, cloudformation: CloudFormation) -> None:
    """CloudFormation takes no token twice: who asked again would wait in vain."""
    deploy = [event("UPDATE_COMPLETE"), event("UPDATE_IN_PROGRESS", token="cdk")]
    cloudformation.events = [*deploy, *failed_update("t1")]
    assert challenger.state(token="t1") == ("failed", "Endpoint: The endpoint did not pass the health check")
    cloudformation.models = ["CREATE_COMPLETE"]  # so it is with a removal
    assert challenger.state(token="t1")[0] == "failed" and challenger.state(token="t2") == ("ready", "")


def test_a_removal_that_was_rolled_back_failed_although_the_model_is_there(
    challenger: Challenger, cloudformation: CloudFormation
) -> None:
    cloudformation.status, cloudformation.events = "UPDATE_ROLLBACK_COMPLETE", failed_update("t2")
    cloudformation.models = ["CREATE_COMPLETE"]
    assert challenger.state(token="t2")[0] == "failed"
    # A deploy that was rolled back leaves a challenger that is there as it was.
    assert challenger.state(token="t1") == ("ready", "")


def test_a_model_that_was_deleted_does_not_count(challenger: Challenger, cloudformation: CloudFormation) -> None:
    cloudformation.models = ["DELETE_COMPLETE"]
    assert challenger.state(token="t1") == ("none", "")
