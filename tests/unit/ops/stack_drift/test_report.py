"""The report: CloudFormation's findings, the readers beside it, and what is different on purpose."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from contracts.deployment import stack_reviews
from environments.aws.resource_types import read_actions
from ops.stack_drift import detection, readers
from ops.stack_drift.expected import DeployedStack
from ops.stack_drift.report import Report, report
from tests.unit.ops.conftest import SESSION

TRUST = json.dumps({"Statement": []})
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "*"}]}
ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/Rubric-dev-Serving/1"
VARIANT = {"VariantName": "champion", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


class CloudFormation:
    """Drift detection that ends at the second look, in two pages."""

    def __init__(self, drifts: list[dict[str, Any]]) -> None:
        self.drifts, self.looks = drifts, 0

    def detect_stack_drift(self, *, StackName: str) -> dict[str, str]:
        return {"StackDriftDetectionId": StackName}

    def describe_stack_drift_detection_status(self, *, StackDriftDetectionId: str) -> dict[str, str]:
        self.looks += 1
        return {"DetectionStatus": "DETECTION_IN_PROGRESS" if self.looks == 1 else "DETECTION_COMPLETE"}

    def describe_stack_resource_drifts(self, *, StackName: str, NextToken: str = "") -> dict[str, Any]:
        page = self.drifts[1:] if NextToken else self.drifts[:1]
        return {"StackResourceDrifts": page, **({} if NextToken or len(self.drifts) < 2 else {"NextToken": "2"})}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(detection, "POLL_SECONDS", 0)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", SESSION)
    with mock_aws():
        yield


def stack(*, status: str = "UPDATE_COMPLETE", **resources: tuple[str, str, dict[str, Any]]) -> DeployedStack:
    """Resources by logical id: (type, physical id, properties)."""
    return DeployedStack(
        name="Rubric-dev-Serving",
        arn=ARN,
        status=status,
        template={"Resources": {name: {"Type": kind, "Properties": p} for name, (kind, _, p) in resources.items()}},
        physical={name: physical for name, (_, physical, _) in resources.items()},
    )


def looked_at(one: DeployedStack, *drifts: dict[str, Any]) -> Report:
    cloudformation = CloudFormation(list(drifts))

    def client_of(service: str) -> Any:
        return cloudformation if service == "cloudformation" else SESSION.client(service)

    return report("dev", [one], client_of=client_of, say=lambda _: None)


def drifted(name: str, status: str, **difference: str) -> dict[str, Any]:
    listed = {"PropertyDifferences": [difference]} if difference else {}
    return {"LogicalResourceId": name, "StackResourceDriftStatus": status, **listed}


def test_what_cloudformation_finds_on_all_pages(account: None) -> None:
    one = stack(F=("AWS::Lambda::Function", "f", {}), Q=("AWS::SQS::Queue", "q", {}), T=("AWS::SNS::Topic", "t", {}))
    difference = {"PropertyPath": "/Environment/Variables/A", "ExpectedValue": "1", "ActualValue": "null"}
    found = looked_at(
        one,
        drifted("F", "MODIFIED", **difference, DifferenceType="REMOVE"),
        drifted("Q", "DELETED"),
        drifted("T", "IN_SYNC"),
    )
    assert [(each.logical_id, each.status, each.by) for each in found.found] == [
        ("F", "modified", "CloudFormation"),
        ("Q", "deleted", "CloudFormation"),
    ]
    (only,) = found.found[0].differences
    assert (only.path, only.expected, only.actual) == ("Environment.Variables.A", "1", "")
    assert found.drifted and found.looked_at == {"CloudFormation": 3}


def test_a_stack_that_is_changing_is_not_looked_at_and_says_so(account: None) -> None:
    found = looked_at(stack(status="UPDATE_IN_PROGRESS"))
    assert not found.drifted and found.incomplete and "UPDATE_IN_PROGRESS" in found.found[0].reason


def endpoint_stack(config: str = "wanted", **resources: Any) -> DeployedStack:
    return stack(
        Endpoint=(
            "AWS::SageMaker::Endpoint",
            "arn:aws:sagemaker:us-east-1:1:endpoint/e",
            {"EndpointConfigName": config},
        ),
        Config=(
            "AWS::SageMaker::EndpointConfig",
            "arn:aws:sagemaker:us-east-1:1:endpoint-config/wanted",
            {"ProductionVariants": [{**VARIANT, "ModelName": "m"}]},
        ),
        **resources,
    )


def serve(config: str) -> Any:
    sagemaker = SESSION.client("sagemaker")
    sagemaker.create_model(ModelName="m", ExecutionRoleArn="arn:aws:iam::123456789012:role/r")
    for name in {config, "wanted"}:
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[VARIANT])
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName=config)
    return sagemaker


def test_an_endpoint_that_serves_another_configuration_is_seen_whatever_cloudformation_says(account: None) -> None:
    serve("by-hand")
    found = looked_at(endpoint_stack(), drifted("Endpoint", "IN_SYNC"), drifted("Config", "NOT_CHECKED"))
    assert [(each.logical_id, each.differences[0].actual) for each in found.found] == [("Endpoint", "by-hand")]


def test_an_endpoint_that_serves_its_own_is_in_order_and_a_configuration_that_is_gone_is_not(account: None) -> None:
    sagemaker = serve("wanted")
    assert not looked_at(endpoint_stack()).found
    sagemaker.delete_endpoint_config(EndpointConfigName="wanted")
    sagemaker.create_endpoint_config(EndpointConfigName="other", ProductionVariants=[VARIANT])
    sagemaker.delete_endpoint(EndpointName="e")
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="other")
    found = looked_at(endpoint_stack())
    assert {(each.logical_id, each.status) for each in found.found} == {("Endpoint", "modified"), ("Config", "deleted")}


def test_a_configuration_that_is_deleted_while_it_serves(account: None) -> None:
    serve("wanted").delete_endpoint_config(EndpointConfigName="wanted")
    found = looked_at(endpoint_stack())
    assert [(each.logical_id, each.status) for each in found.found] == [("Config", "deleted")]


TARGET = ("AWS::ApplicationAutoScaling::ScalableTarget", "t")


@pytest.mark.parametrize(
    ("resources", "note", "drift"),
    [
        ({}, False, True),
        (
            {"T": (*TARGET, {"ResourceId": "endpoint/e/variant/champion", "MinCapacity": 1, "MaxCapacity": 4})},
            True,
            False,
        ),
        (
            {"T": (*TARGET, {"ResourceId": "endpoint/e/variant/champion", "MinCapacity": 1, "MaxCapacity": 2})},
            False,
            True,
        ),
    ],
)
def test_instances_that_autoscaling_chose_are_no_drift(account: None, resources: Any, note: bool, drift: bool) -> None:
    sagemaker = serve("wanted")
    wanted = [{"VariantName": "champion", "DesiredInstanceCount": 3}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName="e", DesiredWeightsAndCapacities=wanted)
    found = looked_at(endpoint_stack(**resources))
    assert (bool(found.on_purpose), found.drifted) == (note, drift)


COMPONENT = "arn:aws:sagemaker:us-east-1:1:inference-component/e"
SPECIFICATION = {
    "ModelName": "m",
    "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024, "NumberOfCpuCoresRequired": 1},
}


def asleep(account_has: dict[str, Any] | None, *drifts: dict[str, Any], instances: int = 0) -> Report:
    """An endpoint whose model is an inference component, of which the account has that much."""
    variant = {"VariantName": "champion", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    managed = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3}
    variants = [{**variant, "ManagedInstanceScaling": managed}]
    counted = {"VariantName": "champion", "DesiredInstanceCount": instances}
    endpoint = {"EndpointName": "e", "EndpointStatus": "InService", "EndpointConfigName": "wanted"}

    def describe(*, InferenceComponentName: str) -> dict[str, Any]:
        assert InferenceComponentName == "e"
        if account_has is None:
            error = {"Error": {"Code": "ValidationException", "Message": "Could not find inference component"}}
            raise ClientError(error, "DescribeInferenceComponent")
        return {"InferenceComponentName": "e", "EndpointName": "e", "VariantName": "champion", **account_has}

    sagemaker = SimpleNamespace(
        describe_endpoint=lambda **_: {**endpoint, "ProductionVariants": [counted]},
        describe_endpoint_config=lambda **_: {"ProductionVariants": variants},
        describe_inference_component=describe,
    )
    expected = {
        **{"InferenceComponentName": "e", "EndpointName": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}},
        **{"VariantName": "champion", "Specification": SPECIFICATION, "RuntimeConfig": {"CopyCount": 1}},
        "DeploymentConfig": {"RollingUpdatePolicy": {"WaitIntervalInSeconds": 0}},
    }
    of_target = {"ResourceId": "inference-component/e", "MinCapacity": 0, "MaxCapacity": 2}
    closed = {"ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 0}}
    one = stack(
        Endpoint=("AWS::SageMaker::Endpoint", "arn:x:endpoint/e", {"EndpointConfigName": "wanted"}),
        Component=("AWS::SageMaker::InferenceComponent", COMPONENT, expected),
        T=(*TARGET, {**of_target, "ScheduledActions": [closed]}),
    )
    clients = {"cloudformation": CloudFormation(list(drifts)), "sagemaker": sagemaker}
    return report("dev", [one], client_of=clients.__getitem__, say=lambda _: None)


AS_WANTED = {
    "InferenceComponentStatus": "InService",
    "Specification": SPECIFICATION,
    "RuntimeConfig": {"DesiredCopyCount": 0, "CurrentCopyCount": 0},
}


def test_a_model_that_sleeps_is_no_drift() -> None:
    found = asleep(AS_WANTED)
    assert not found.found and found.on_purpose == ("e: autoscaling runs 0 instances of champion (from 0 to 3)",)
    assert asleep(AS_WANTED, instances=4).drifted


@pytest.mark.parametrize(
    ("account_has", "status"),
    [
        ({**AS_WANTED, "Specification": {**SPECIFICATION, "ModelName": "by-hand"}}, "modified"),
        ({**AS_WANTED, "Specification": {**SPECIFICATION, "ComputeResourceRequirements": {}}}, "modified"),
        (None, "deleted"),
    ],
)
def test_a_component_that_serves_something_else_is_drift(account_has: dict[str, Any] | None, status: str) -> None:
    found = asleep(account_has, drifted("Component", "IN_SYNC"))
    assert [(each.logical_id, each.status) for each in found.found] == [("Component", status)]


def test_a_component_that_is_being_rolled_out_is_not_compared() -> None:
    rolling = {**AS_WANTED, "InferenceComponentStatus": "Updating", "Specification": {"ModelName": "another"}}
    assert not asleep(rolling).found


@pytest.mark.parametrize(("most", "drift"), [("0", False), ("7", True)])
def test_limits_that_the_schedule_has_set_are_no_drift(most: str, drift: bool) -> None:
    difference = {"PropertyPath": "/MaxCapacity", "ExpectedValue": "2", "ActualValue": most}
    found = asleep(AS_WANTED, drifted("T", "MODIFIED", **difference, DifferenceType="NOT_EQUAL"))
    assert found.drifted is drift
    assert ("t: the schedule has set its limits" in found.on_purpose) is not drift


def test_a_challenger_is_there_on_purpose(account: None) -> None:
    testing = DeployedStack(
        name="Rubric-dev-Challenger",
        arn=ARN,
        status="UPDATE_COMPLETE",
        template={},
        physical={},
        parameters={"Artifact": "s3://b/m", "Serve": "yes"},
    )
    assert looked_at(testing).on_purpose == ("Rubric-dev-Challenger has the model of an A/B test and its endpoint",)


def role_stack() -> DeployedStack:
    properties = {"PolicyName": "p", "Roles": [{"Ref": "Role"}], "PolicyDocument": DOCUMENT}
    return stack(
        Role=("AWS::IAM::Role", "r", {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}),
        Policy=("AWS::IAM::Policy", "p-1", properties),
    )


@pytest.fixture
def iam(account: None) -> Any:
    client = SESSION.client("iam")
    client.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    client.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(DOCUMENT))
    return client


def test_a_role_as_its_templates_say(iam: Any) -> None:
    assert not looked_at(role_stack(), drifted("Role", "IN_SYNC")).found


def test_what_somebody_did_to_a_role_s_policies(iam: Any) -> None:
    wider = {**DOCUMENT, "Statement": [*DOCUMENT["Statement"], {"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(wider))
    iam.put_role_policy(RoleName="r", PolicyName="extra", PolicyDocument=json.dumps(DOCUMENT))
    own = iam.create_policy(PolicyName="mine", PolicyDocument=json.dumps(DOCUMENT))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn=own)
    found = looked_at(role_stack(), drifted("Role", "IN_SYNC"))
    paths = {(each.logical_id, difference.path) for each in found.found for difference in each.differences}
    assert paths == {
        ("Role", "Policies[extra]"),
        ("Role", "ManagedPolicyArns"),
        ("Policy", "PolicyDocument.Statement"),
    }


def test_a_policy_that_is_gone(iam: Any) -> None:
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    found = looked_at(role_stack(), drifted("Role", "IN_SYNC"))
    assert [(each.logical_id, each.status) for each in found.found] == [("Policy", "deleted")]


def test_what_could_not_be_read_is_said(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetQueueAttributes")

    monkeypatch.setitem(readers.READERS, "AWS::SQS::QueuePolicy", (denied, ()))
    found = looked_at(stack(P=("AWS::SQS::QueuePolicy", "p", {})))
    assert found.incomplete and not found.drifted
    assert "These credentials may not call GetQueueAttributes" in found.found[0].reason


def test_what_nobody_looks_at_is_counted(account: None) -> None:
    found = looked_at(stack(A=("Custom::Cleanup", "c", {}), B=("Custom::Cleanup", "d", {})))
    assert found.not_looked_at == {"Custom::Cleanup": 2} and not found.looked_at


def test_the_actions_of_the_readers_are_those_that_roles_get() -> None:
    of_readers = {action for _, actions in readers.READERS.values() for action in actions}
    of_roles = {"iam:ListRolePolicies", "iam:ListAttachedRolePolicies"}
    assert set(stack_reviews.READERS) == of_readers | of_roles
    rare = read_actions(["AWS::SageMaker::InferenceComponent"])
    assert set(stack_reviews.RARE) == set(stack_reviews.READERS) & set(rare)


def test_it_gives_up_after_a_while(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "WAIT_SECONDS", 0)
    endless = SimpleNamespace(
        describe_stack_drift_detection_status=lambda **_: {"DetectionStatus": "DETECTION_IN_PROGRESS"}
    )
    with pytest.raises(Exception, match="try again later"):
        detection.finished(endless, "S", "1")
