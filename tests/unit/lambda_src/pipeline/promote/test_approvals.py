"""Tests promote/approvals/: which events of the registry are new approvals."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from lambda_src.common import aws
from lambda_src.pipeline.promote import handler as promote
from lambda_src.pipeline.promote.approvals import records as approvals
from lambda_src.pipeline.promote.dal import artifact_of

OLD = "s3://artifacts/models/job-0/output/model.tar.gz"
NEW = "s3://artifacts/models/job-1/output/model.tar.gz"


@pytest.fixture
def ssm(account, configure):
    configure(
        promote,
        ENVIRONMENT="dev",
        APPROVED_MODEL_PARAMETER="/rubric/dev/approved-model",
        SERVING_STACK_NAME="Rubric-dev-Serving",
        SERVING_RESOURCE_TYPES='["AWS::SageMaker::Endpoint"]',
        APPROVALS_PATH="/rubric/dev/approvals",
        PROMOTIONS_PATH="/rubric/dev/promotions",
        MODEL_PACKAGE_GROUP="rubric-dev",
        ARTIFACT_BUCKET="artifacts",
    )
    return boto3.client("ssm")


def fault(code, message):
    return ClientError({"Error": {"Code": code, "Message": message}}, "X")


@pytest.fixture
def sagemaker(monkeypatch, ssm):
    def use(client):
        real = aws.client
        monkeypatch.setattr(aws, "client", lambda name: client if name == "sagemaker" else real(name))
        return client

    return use


def moment_of(minute):
    return f"2026-11-29T09:{minute:02}:00Z"


class Registry:
    """A package that was last changed at `minute`."""

    def __init__(self, approval, minute, uri=NEW, milliseconds=0, metadata=None):
        self.approval, self.minute, self.uri, self.milliseconds = approval, minute, uri, milliseconds
        self.metadata = metadata or {}

    def describe_model_package(self, *, ModelPackageName):
        assert ModelPackageName == "arn:package/7"
        if self.approval is None:
            raise fault("ValidationException", "ModelPackage arn:package/7 does not exist.")
        return {
            "ModelApprovalStatus": self.approval,
            "CreationTime": datetime.fromisoformat(moment_of(1)),
            "LastModifiedTime": datetime.fromisoformat(moment_of(self.minute))
            + timedelta(milliseconds=self.milliseconds),
            "InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": self.uri}]},
            "CustomerMetadataProperties": self.metadata,
        }


WAITS, YES, NO = "PendingManualApproval", "Approved", "Rejected"


@pytest.fixture
def resolve(ssm, sagemaker, context):
    """Answers an event: its content and time, and the registry's answer then."""
    numbers = itertools.count(1)

    def ask(event, now, *, execution=None, fields=None, sent=None):
        """sent: the event's own time, of one that does not say when the package was changed."""
        (status, at), registry = event, sagemaker(Registry(*now))
        detail = {
            "ModelPackageArn": "arn:package/7",
            "ModelApprovalStatus": status,
            **({"LastModifiedTime": moment_of(at)} if sent is None else {}),
            **({} if fields is None else {"UpdatedModelPackageFields": fields}),
        }
        execution = execution or f"execution-{next(numbers)}"
        happened = {"time": moment_of(59 if sent is None else sent), "detail": detail}
        answer = promote.handler({"action": "resolve", "event": happened, "execution": execution}, context)
        assert answer["model_package_arn"] == "arn:package/7"
        assert registry.approval == YES or "artifact_uri" not in answer
        return answer

    return ask


def promotes(answer):
    return answer.get("artifact_uri") == NEW


def test_an_approval_of_what_waited_is_promoted_once(resolve):
    assert not promotes(resolve((WAITS, 1), (WAITS, 1)))
    assert promotes(resolve((YES, 2), (YES, 2)))
    again = resolve((YES, 2), (YES, 2))
    assert again["reason"] == "its approval was acted on already, by execution-2"
    assert not promotes(resolve((YES, 3), (YES, 3)))  # its metadata was edited
    assert not promotes(resolve((WAITS, 1), (YES, 3)))  # the first event came again


def test_a_rejected_package_that_is_approved_again_is_promoted_again(resolve):
    resolve((WAITS, 1), (WAITS, 1))
    assert promotes(resolve((YES, 2), (YES, 2)))
    assert resolve((NO, 3), (NO, 3))["reason"] == "the model package is Rejected"
    assert promotes(resolve((YES, 4), (YES, 4)))
    assert not promotes(resolve((NO, 3), (YES, 4)))


def test_events_in_the_wrong_order(resolve):
    assert not promotes(resolve((YES, 2), (YES, 2)))  # nothing is known of it: an edit looks alike
    assert promotes(resolve((WAITS, 1), (YES, 2)))
    assert not promotes(resolve((YES, 2), (YES, 2)))


def test_an_event_that_comes_late_acts_on_what_is_so_now(resolve):
    resolve((WAITS, 1), (WAITS, 1))
    assert not promotes(resolve((YES, 2), (NO, 3)))
    assert promotes(resolve((NO, 3), (YES, 4)))
    assert not promotes(resolve((YES, 4), (YES, 4)))


def test_a_package_that_was_approved_from_the_start_is_not_promoted_by_an_edit(resolve):
    assert not promotes(resolve((YES, 1), (YES, 1)))
    answer = resolve((YES, 2), (YES, 2), fields=["CustomerMetadataProperties"])
    assert answer["reason"] == "its approval is not new: `rubric models promote` serves an approved model"


def test_where_aws_says_that_the_approval_changed_it_did_and_once(resolve):
    fields = ["ModelApprovalStatus"]
    assert promotes(resolve((YES, 2), (YES, 2), fields=fields))
    assert not promotes(resolve((YES, 2), (YES, 2), fields=fields))
    assert promotes(resolve((YES, 5), (YES, 5), fields=fields))  # the event between them was lost


def wait(sagemaker, context, registry):
    sagemaker(registry)
    return promote.handler({"action": "waiting", "model_package_arn": "arn:package/7"}, context)["status"]


def test_what_the_pipeline_says_waits_is_promoted_though_its_first_event_was_lost(resolve, sagemaker, context):
    for _ in range(2):
        assert wait(sagemaker, context, Registry(WAITS, 1)) == "noted"
    assert promotes(resolve((YES, 2), (YES, 2)))
    assert wait(sagemaker, context, Registry(YES, 2)) == "noted"  # repeated late
    assert not promotes(resolve((YES, 2), (YES, 2)))
    assert wait(sagemaker, context, Registry(None, 2)) == "gone"


def test_the_pipeline_may_be_later_than_the_decision(resolve, sagemaker, context):
    assert wait(sagemaker, context, Registry(YES, 2)) == "noted"
    assert promotes(resolve((YES, 2), (YES, 2)))


def test_an_event_without_the_time_of_the_change_that_comes_twice_is_one_approval(resolve):
    fields = ["ModelApprovalStatus"]
    assert promotes(resolve((YES, None), (YES, 2), fields=fields, sent=3))
    assert not promotes(resolve((YES, None), (YES, 2), fields=fields, sent=4))
    assert not promotes(resolve((WAITS, None), (YES, 2), sent=5))
    assert promotes(resolve((YES, None), (YES, 6), fields=fields, sent=6))


def test_events_have_whole_seconds_and_the_registry_has_milliseconds(resolve):
    fields = ["ModelApprovalStatus"]
    assert promotes(resolve((YES, 2), (YES, 2, NEW, 200), fields=fields))
    assert not promotes(resolve((YES, 2), (YES, 2, NEW, 200), fields=fields))
    assert promotes(resolve((YES, 2), (YES, 2, NEW, 900), fields=fields))  # rejected and approved again meanwhile


def test_the_same_execution_may_ask_again(resolve):
    resolve((WAITS, 1), (WAITS, 1))
    for _ in range(2):
        assert promotes(resolve((YES, 2), (YES, 2), execution="mine"))
    assert not promotes(resolve((YES, 2), (YES, 2), execution="another's"))


def test_of_two_executions_at_once_one_promotes(resolve, monkeypatch):
    """Both have read the record before either writes."""
    resolve((WAITS, 1), (WAITS, 1))
    real = approvals.Approvals.get
    nested: list[dict[str, str]] = []

    def get(self, version):
        found = real(self, version)
        if not nested:
            nested.append({})
            nested[0] = resolve((YES, 2), (YES, 2), execution="first")
        return found

    monkeypatch.setattr(approvals.Approvals, "get", get)
    second = resolve((YES, 2), (YES, 2), execution="second")
    assert promotes(nested[0]) and not promotes(second)
    assert second["reason"] == "its approval was acted on already, by first"


def test_a_package_that_is_gone(resolve):
    assert resolve((YES, 2), (None, 2))["reason"] == "the model package is gone"


def test_an_input_that_is_nothing(ssm, context):
    with pytest.raises(ValueError, match="no artifact_uri and is not an event"):
        promote.handler({"action": "resolve", "event": {}, "execution": "e"}, context)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, 0.0), ("", 0.0), (1_700_000_000_500, 1_700_000_000.5), ("1700000000500", 1_700_000_000.5),
     ("2023-11-14T22:13:20Z", 1_700_000_000.0), (1_700_000_000.5, 1_700_000_000.5)],
)  # fmt: skip
def test_the_moments_of_events_and_answers(value, seconds):
    assert approvals.moment(value) == seconds


@pytest.mark.parametrize("package", [{}, {"InferenceSpecification": {"Containers": [{"Image": "i"}]}}])
def test_packages_without_an_artifact(package):
    with pytest.raises(ValueError, match="names no artifact"):
        artifact_of(package, model_package_arn="arn:package")


@pytest.mark.parametrize(
    ("metadata", "champion"),
    [
        ({"champion": OLD, "compared_with": "job-0"}, {"champion": OLD}),
        ({"compared_with": "job-0"}, {"champion": "job-0"}),  # registered by an earlier version
        ({"accuracy": "0.9"}, {}),
    ],
)
def test_an_approval_tells_what_the_gate_compared_the_model_with(resolve, metadata, champion):
    resolve((WAITS, 1), (WAITS, 1))
    answer = resolve((YES, 2), (YES, 2, NEW, 0, metadata))
    assert {name: value for name, value in answer.items() if name == "champion"} == champion


@pytest.mark.parametrize("event", [{}, {"action": "explode"}])
def test_unknown_actions(ssm, context, event):
    with pytest.raises(
        ValueError, match="use one of: waiting, resolve, start, check, let_go, revert, check_back, settle"
    ):
        promote.handler(event, context)
