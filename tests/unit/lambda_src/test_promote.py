"""promote/"""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from lambda_src.common import aws
from lambda_src.promote import approvals, logic
from lambda_src.promote import handler as promote
from lambda_src.promote.artifact import ArtifactRefused
from lambda_src.promote.dal import Stack, artifact_of

PARAMETER = "/rubric/dev/approved-model"
OLD = "s3://artifacts/models/job-0/output/model.tar.gz"
NEW = "s3://artifacts/models/job-1/output/model.tar.gz"
TYPES = ["AWS::SageMaker::Endpoint", "Custom::RolloutCheck"]
TEMPLATE = {
    "Parameters": {
        "Model": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": PARAMETER},
        "Other": {"Type": "String", "Default": "kept"},
    },
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Other"}}}},
}


@pytest.fixture
def ssm(account, configure):
    configure(
        promote,
        APPROVED_MODEL_PARAMETER=PARAMETER,
        SERVING_STACK_NAME="Rubric-dev-Serving",
        SERVING_RESOURCE_TYPES=json.dumps(TYPES),
        APPROVALS_PATH="/rubric/dev/approvals",
        MODEL_PACKAGE_GROUP="rubric-dev",
    )
    return boto3.client("ssm")


def approved(ssm):
    found = ssm.get_parameters(Names=[PARAMETER])["Parameters"]
    return found[0]["Value"] if found else ""


def approve(ssm, uri=OLD):
    ssm.put_parameter(Name=PARAMETER, Value=uri, Type="String", Overwrite=True)


class CloudFormation:
    """A client whose stack has `status`; update_stack raises `error` or keeps its call."""

    def __init__(self, status, error=None, events=(), wanted=None):
        self.status, self.error, self.events, self.updates = status, error, list(events), []
        self.outputs = {"EndpointName": "rubric-dev", "EndpointConfigName": wanted} if wanted else {}

    def describe_stacks(self, *, StackName):
        if not self.status:
            raise fault("ValidationError", f"Stack with id {StackName} does not exist")
        parameters = [
            {"ParameterKey": "Model", "ParameterValue": PARAMETER},
            {"ParameterKey": "Other", "ParameterValue": "kept"},
        ]
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": parameters, "Outputs": outputs}]}

    def update_stack(self, **call):
        if self.error:
            raise self.error
        self.updates.append(call)

    def describe_stack_events(self, *, StackName, NextToken="0"):
        """Two events a page."""
        at = int(NextToken)
        more = {"NextToken": str(at + 2)} if len(self.events) > at + 2 else {}
        return {"StackEvents": self.events[at : at + 2], **more}


def fault(code, message):
    return ClientError({"Error": {"Code": code, "Message": message}}, "X")


@pytest.fixture
def stack(monkeypatch, ssm):
    def make(*args, **kwargs):
        cloudformation = CloudFormation(*args, **kwargs)
        monkeypatch.setattr(
            promote, "_stack", lambda: Stack(cloudformation, name="Rubric-dev-Serving", resource_types=TYPES)
        )
        return cloudformation

    return make


def start(context):
    return promote.handler({"action": "start", "artifact_uri": NEW}, context)


def test_start_sets_the_parameter_and_updates_the_stack(ssm, stack, context):
    approve(ssm)
    cloudformation = stack("UPDATE_COMPLETE")
    assert start(context) == {"status": "updating", "previous": OLD, "artifact_uri": NEW, "reason": ""}
    assert approved(ssm) == NEW
    assert cloudformation.updates == [
        {
            "StackName": "Rubric-dev-Serving",
            "UsePreviousTemplate": True,
            "Parameters": [
                {"ParameterKey": "Model", "UsePreviousValue": True},
                {"ParameterKey": "Other", "UsePreviousValue": True},
            ],
            "ResourceTypes": TYPES,
        }
    ]


def test_a_stack_that_cloudformation_finds_unchanged(ssm, context):
    approve(ssm)
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="Rubric-dev-Serving", TemplateBody=json.dumps(TEMPLATE))
    # moto, unlike AWS, does not read the parameter anew: it answers as AWS does when the parameter had this value.
    answer = start(context)
    assert (answer["status"], answer["reason"]) == ("done", "no updates are to be performed")
    assert promote.handler({"action": "check"}, context) == {"status": "done", "reason": ""}


def test_the_first_model_has_no_previous_and_no_stack(ssm, context):
    assert start(context) == {"status": "done", "previous": "", "artifact_uri": NEW, "reason": "no stack yet"}
    assert approved(ssm) == NEW


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "CREATE_FAILED"])
def test_a_stack_that_the_next_deploy_makes_anew(ssm, stack, context, status):
    cloudformation = stack(status)
    assert start(context)["reason"] == "no stack yet"
    assert (approved(ssm), cloudformation.updates) == (NEW, [])


def test_nothing_to_update(ssm, stack, context):
    approve(ssm, NEW)
    stack("UPDATE_COMPLETE", fault("ValidationError", "No updates are to be performed."))
    answer = start(context)
    assert (answer["status"], answer["previous"], approved(ssm)) == ("done", NEW, NEW)


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_a_busy_stack_is_left_alone(ssm, stack, context, status):
    approve(ssm)
    stack(status)
    with pytest.raises(logic.StackBusy, match=status):
        start(context)
    assert approved(ssm) == OLD


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (fault("ValidationError", "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated."), logic.StackBusy),
        (
            fault("ValidationError", "Stack:arn is in DELETE_FAILED state and can not be updated."),
            logic.StackNotUpdatable,
        ),
        (fault("ValidationError", "Template error"), ClientError),
        (fault("AccessDenied", "no"), ClientError),
    ],
)
@pytest.mark.parametrize("previous", [OLD, ""])
def test_a_refused_update_leaves_the_parameter_as_it_was(ssm, stack, context, error, raised, previous):
    if previous:
        approve(ssm, previous)
    stack("UPDATE_COMPLETE", error)
    with pytest.raises(raised):
        start(context)
    assert approved(ssm) == previous


@pytest.mark.parametrize("status", ["UPDATE_FAILED", "DELETE_FAILED"])
def test_a_stack_that_a_person_has_to_mend(ssm, stack, context, status):
    approve(ssm)
    stack(status)
    with pytest.raises(logic.StackNotUpdatable, match=f"{status}: mend it"):
        start(context)
    assert approved(ssm) == OLD


def test_a_location_that_is_none_is_refused_before_anything_happens(ssm, stack, context):
    stack("UPDATE_COMPLETE")
    with pytest.raises(ValueError, match="not an S3 location"):
        promote.handler({"action": "start", "artifact_uri": "model.tar.gz"}, context)
    assert approved(ssm) == ""


@pytest.mark.parametrize("arn", [{"model_package_arn": "arn:package/7"}, {}], ids=["its package", "looked up"])
def test_an_artifact_that_is_not_what_was_approved_is_refused_before_anything_happens(
    ssm, stack, sagemaker, context, arn
):
    boto3.client("s3").create_bucket(Bucket="artifacts")
    boto3.client("s3").put_object(Bucket="artifacts", Key="models/job-1/output/model.tar.gz", Body=b"another")
    package = {
        "CustomerMetadataProperties": {"artifact_sha256": "0" * 64},
        "InferenceSpecification": {"Containers": [{"ModelDataUrl": NEW}]},
    }
    sagemaker(Mock(**{
        "list_model_packages.return_value": {"ModelPackageSummaryList": [{"ModelPackageArn": "arn:package/7"}]},
        "describe_model_package.return_value": package,
    }))  # fmt: skip
    approve(ssm)
    cloudformation = stack("UPDATE_COMPLETE")
    with pytest.raises(ArtifactRefused, match="is not what was approved"):
        promote.handler({"action": "start", "artifact_uri": NEW, "input": {"artifact_uri": NEW, **arn}}, context)
    assert (approved(ssm), cloudformation.updates) == (OLD, [])
    assert aws.client("sagemaker").list_model_packages.called is not bool(arn)


EVENTS = [
    {"ResourceStatus": "UPDATE_ROLLBACK_COMPLETE", "PhysicalResourceId": "id", "StackId": "id"},
    {"ResourceStatus": "UPDATE_FAILED", "PhysicalResourceId": "p", "StackId": "id", "LogicalResourceId": "Other",
     "ResourceStatusReason": "Resource update cancelled"},
    {"ResourceStatus": "UPDATE_FAILED", "PhysicalResourceId": "e", "StackId": "id", "LogicalResourceId": "Endpoint",
     "ResourceStatusReason": "the container failed its health check"},
    {"ResourceStatus": "UPDATE_IN_PROGRESS", "PhysicalResourceId": "id", "StackId": "id"},
    {"ResourceStatus": "UPDATE_FAILED", "PhysicalResourceId": "e", "StackId": "id", "LogicalResourceId": "Older",
     "ResourceStatusReason": "from the update before"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "events", "expected"),
    [
        ("UPDATE_COMPLETE", [], ("done", "")),
        ("UPDATE_IN_PROGRESS", [], ("updating", "")),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", [], ("updating", "")),
        ("UPDATE_ROLLBACK_IN_PROGRESS", [], ("updating", "")),
        ("UPDATE_ROLLBACK_COMPLETE", EVENTS, ("failed", "Endpoint: the container failed its health check")),
        ("UPDATE_ROLLBACK_COMPLETE", [], ("failed", "the Serving stack is in UPDATE_ROLLBACK_COMPLETE")),
        ("ROLLBACK_COMPLETE", [], ("failed", "the Serving stack is in ROLLBACK_COMPLETE")),
        ("", [], ("failed", "the Serving stack is gone")),
    ],
)
def test_check(ssm, stack, context, status, events, expected):
    stack(status, events=events)
    answer = promote.handler({"action": "check"}, context)
    assert (answer["status"], answer["reason"]) == expected


STUCK = [
    {"ResourceStatus": "UPDATE_ROLLBACK_FAILED", "PhysicalResourceId": "id", "StackId": "id"},
    {"ResourceStatus": "UPDATE_FAILED", "PhysicalResourceId": "e", "StackId": "id", "LogicalResourceId": "TheEndpoint",
     "ResourceType": "AWS::SageMaker::Endpoint", "ResourceStatusReason": "it has that configuration"},
    {"ResourceStatus": "UPDATE_ROLLBACK_IN_PROGRESS", "PhysicalResourceId": "id", "StackId": "id"},
    {"ResourceStatus": "CREATE_FAILED", "PhysicalResourceId": "", "StackId": "id", "LogicalResourceId": "Check",
     "ResourceType": "Custom::RolloutCheck", "ResourceStatusReason": "taken back"},
    {"ResourceStatus": "UPDATE_IN_PROGRESS", "PhysicalResourceId": "id", "StackId": "id"},
]  # fmt: skip
WAY_OUT = "aws cloudformation continue-update-rollback --stack-name Rubric-dev-Serving"


def test_a_stack_that_failed_to_roll_back_is_told_with_the_command_that_helps(ssm, stack, context):
    approve(ssm, NEW)
    stack("UPDATE_ROLLBACK_FAILED", events=STUCK)
    answer = promote.handler({"action": "check"}, context)
    assert answer["status"] == "failed" and answer["reason"].startswith("Check: taken back; ")
    assert f"`{WAY_OUT} --resources-to-skip TheEndpoint`" in answer["reason"]
    event = {"action": "revert", "previous": OLD, "artifact_uri": NEW}
    assert promote.handler(event, context) == {"status": "updating", "approved": OLD}
    with pytest.raises(logic.StackNotUpdatable, match="--resources-to-skip TheEndpoint`"):
        start(context)
    assert approved(ssm) == OLD


def test_only_an_endpoint_is_safely_skipped():
    told = logic.way_out("Rubric-dev-Serving", {"Alarm": "AWS::CloudWatch::Alarm"})
    assert f"mend Alarm, run `{WAY_OUT}`" in told


def test_revert_puts_the_previous_model_back(ssm, context):
    approve(ssm, NEW)
    event = {"action": "revert", "previous": OLD, "artifact_uri": NEW}
    assert promote.handler(event, context) == {"status": "reverted", "approved": OLD}
    assert approved(ssm) == OLD


def test_revert_to_no_model_removes_the_parameter_and_can_be_repeated(ssm, context):
    approve(ssm, NEW)
    event = {"action": "revert", "previous": "", "artifact_uri": NEW}
    promote.handler(event, context)
    assert approved(ssm) == ""
    promote.handler(event, context)
    promote._approved().put("")


def test_revert_keeps_what_was_approved_since(ssm, context):
    approve(ssm, "s3://artifacts/models/job-2/output/model.tar.gz")
    event = {"action": "revert", "previous": OLD, "artifact_uri": NEW}
    assert promote.handler(event, context)["status"] == "kept"
    assert approved(ssm).endswith("job-2/output/model.tar.gz")


# What the endpoint serves


class Endpoint:
    """A SageMaker client whose endpoint serves `config`."""

    def __init__(self, config, status="InService", failure="", alarms=()):
        self.answer = {"EndpointConfigName": config, "EndpointStatus": status}
        if failure:
            self.answer["FailureReason"] = failure
        if alarms:
            watched = [{"AlarmName": name} for name in alarms]
            self.answer["LastDeploymentConfig"] = {"AutoRollbackConfiguration": {"Alarms": watched}}

    def describe_endpoint(self, *, EndpointName):
        assert EndpointName == "rubric-dev"
        return self.answer

    def list_model_packages(self, **_):
        return {"ModelPackageSummaryList": []}


@pytest.fixture
def sagemaker(monkeypatch, ssm):
    def use(client):
        real = aws.client
        monkeypatch.setattr(aws, "client", lambda name: client if name == "sagemaker" else real(name))
        return client

    return use


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (Endpoint("Config-2"), ("done", "")),
        (Endpoint("config-2"), ("done", "")),  # a name out of an ARN
        (Endpoint("Config-1", status="Updating"), ("updating", "")),
        (Endpoint("Config-1", status="RollingBack"), ("updating", "")),
        (Endpoint("Config-1", status="SystemUpdating"), ("updating", "")),
        (Endpoint("Config-2", status="SystemUpdating"), ("done", "")),
        (
            Endpoint("Config-1", alarms=["faults", "latency"]),
            (
                "failed",
                "SageMaker took the rollout back: the endpoint rubric-dev still serves the configuration Config-1 and "
                "not Config-2; alarms that take a rollout back: faults, latency",
            ),
        ),
        (
            Endpoint("Config-1", failure="no capacity"),
            (
                "failed",
                "SageMaker took the rollout back: the endpoint rubric-dev still serves the configuration Config-1 and "
                "not Config-2 (no capacity)",
            ),
        ),
        (
            Endpoint("Config-2", status="Failed", failure="gone"),
            ("failed", "the endpoint rubric-dev is Failed (gone)"),
        ),
    ],
)
def test_an_update_is_done_when_its_configuration_serves(stack, sagemaker, context, endpoint, expected):
    stack("UPDATE_COMPLETE", wanted="Config-2")
    sagemaker(endpoint)
    answer = promote.handler({"action": "check"}, context)
    assert (answer["status"], answer["reason"]) == expected


@pytest.mark.parametrize(("config", "status"), [("Config-2", "done"), ("Config-1", "updating")])
def test_no_update_is_the_end_only_where_the_endpoint_serves(ssm, stack, sagemaker, context, config, status):
    approve(ssm, NEW)
    stack("UPDATE_COMPLETE", fault("ValidationError", "No updates are to be performed."), wanted="Config-2")
    sagemaker(Endpoint(config))
    assert start(context)["status"] == status


REVERT = {"action": "revert", "previous": OLD, "artifact_uri": NEW}


def test_a_stack_that_nothing_serves_goes_back_with_the_parameter_and_can_be_asked_again(
    ssm, stack, sagemaker, context
):
    approve(ssm, NEW)
    cloudformation = stack("UPDATE_COMPLETE", wanted="Config-2")
    sagemaker(Endpoint("Config-1"))
    for _ in range(2):
        assert promote.handler(REVERT, context) == {"status": "updating", "approved": OLD}
    assert (approved(ssm), len(cloudformation.updates)) == (OLD, 2)
    cloudformation.error = fault("ValidationError", "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated.")
    with pytest.raises(logic.StackBusy):
        promote.handler(REVERT, context)


@pytest.mark.parametrize(
    ("status", "config"), [("UPDATE_ROLLBACK_COMPLETE", "Config-2"), ("UPDATE_COMPLETE", "Config-2")]
)
def test_a_stack_that_is_as_it_was_is_left_alone(ssm, stack, sagemaker, context, status, config):
    approve(ssm, NEW)
    cloudformation = stack(status, wanted="Config-2")
    sagemaker(Endpoint(config))
    assert promote.handler(REVERT, context) == {"status": "reverted", "approved": OLD}
    assert cloudformation.updates == []


# Events of the registry


def moment_of(minute):
    return f"2026-11-29T09:{minute:02}:00Z"


class Registry:
    """A package that was last changed at `minute`."""

    def __init__(self, approval, minute, uri=NEW, milliseconds=0):
        self.approval, self.minute, self.uri, self.milliseconds = approval, minute, uri, milliseconds

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
        }


WAITS, YES, NO = "PendingManualApproval", "Approved", "Rejected"


@pytest.fixture
def resolve(ssm, sagemaker, context):
    """Answers an event: what the event says and when, and what the registry says then."""
    numbers = itertools.count(1)

    def ask(event, now, *, execution=None, fields=None, sent=None):
        """sent: the event's own time, of one that does not say when the package was changed."""
        (told, at), registry = event, sagemaker(Registry(*now))
        detail = {
            "ModelPackageArn": "arn:package/7",
            "ModelApprovalStatus": told,
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
    assert wait(sagemaker, context, Registry(YES, 2)) == "noted"  # said again, late
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


@pytest.mark.parametrize("event", [{}, {"action": "explode"}])
def test_unknown_actions(ssm, context, event):
    with pytest.raises(ValueError, match="use one of: waiting, resolve, start, check, revert"):
        promote.handler(event, context)
