"""promote/"""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from lambda_src.common import aws
from lambda_src.promote import handler as promote
from lambda_src.promote import logic
from lambda_src.promote.dal import Stack, package_artifact

PARAMETER = "/rubric/dev/approved-model"
OLD = "s3://artifacts/models/job-0/output/model.tar.gz"
NEW = "s3://artifacts/models/job-1/output/model.tar.gz"
TEMPLATE = {
    "Parameters": {
        "Model": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": PARAMETER},
        "Other": {"Type": "String", "Default": "kept"},
    },
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Other"}}}},
}


@pytest.fixture
def ssm(account, configure):
    configure(promote, APPROVED_MODEL_PARAMETER=PARAMETER, SERVING_STACK_NAME="Rubric-dev-Serving")
    return boto3.client("ssm")


def approved(ssm):
    found = ssm.get_parameters(Names=[PARAMETER])["Parameters"]
    return found[0]["Value"] if found else ""


def approve(ssm, uri=OLD):
    ssm.put_parameter(Name=PARAMETER, Value=uri, Type="String", Overwrite=True)


class CloudFormation:
    """A client whose stack has `status`; update_stack raises `error` or keeps its call."""

    def __init__(self, status, error=None, events=()):
        self.status, self.error, self.events, self.updates = status, error, list(events), []

    def describe_stacks(self, *, StackName):
        if not self.status:
            raise fault("ValidationError", f"Stack with id {StackName} does not exist")
        parameters = [
            {"ParameterKey": "Model", "ParameterValue": PARAMETER},
            {"ParameterKey": "Other", "ParameterValue": "kept"},
        ]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": parameters}]}

    def update_stack(self, **call):
        if self.error:
            raise self.error
        self.updates.append(call)

    def describe_stack_events(self, *, StackName):
        return {"StackEvents": self.events}


def fault(code, message):
    return ClientError({"Error": {"Code": code, "Message": message}}, "X")


@pytest.fixture
def stack(monkeypatch, ssm):
    def make(*args, **kwargs):
        cloudformation = CloudFormation(*args, **kwargs)
        monkeypatch.setattr(promote, "_stack", lambda: Stack(cloudformation, name="Rubric-dev-Serving"))
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
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
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


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "DELETE_FAILED"])
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
        ("UPDATE_ROLLBACK_FAILED", [], ("failed", "the Serving stack is in UPDATE_ROLLBACK_FAILED")),
        ("ROLLBACK_COMPLETE", [], ("failed", "the Serving stack is in ROLLBACK_COMPLETE")),
        ("", [], ("failed", "the Serving stack is gone")),
    ],
)
def test_check(ssm, stack, context, status, events, expected):
    stack(status, events=events)
    answer = promote.handler({"action": "check"}, context)
    assert (answer["status"], answer["reason"]) == expected


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


class Registry:
    def __init__(self, package):
        self.package = package

    def describe_model_package(self, *, ModelPackageName):
        assert ModelPackageName == "arn:package"
        return self.package


def test_resolve(ssm, context, monkeypatch):
    package = {"InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": NEW}]}}
    real = aws.client
    monkeypatch.setattr(aws, "client", lambda name: Registry(package) if name == "sagemaker" else real(name))
    event = {"action": "resolve", "model_package_arn": "arn:package"}
    assert promote.handler(event, context) == {"model_package_arn": "arn:package", "artifact_uri": NEW}


@pytest.mark.parametrize("package", [{}, {"InferenceSpecification": {"Containers": [{"Image": "i"}]}}])
def test_packages_without_an_artifact(package):
    with pytest.raises(ValueError, match="names no artifact"):
        package_artifact(Registry(package), model_package_arn="arn:package")


@pytest.mark.parametrize("event", [{}, {"action": "explode"}])
def test_unknown_actions(ssm, context, event):
    with pytest.raises(ValueError, match="use one of: resolve, start, check, revert"):
        promote.handler(event, context)
