"""The Challenger stack on the local AWS: what asks for a challenger, and what a deploy in between leaves as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from botocore.exceptions import ClientError

from environments.settings import load
from lambda_src.ab_test.challenger import Challenger, ChallengerError
from local_aws_testing.cloud import BUCKET, ROLE, SERVE, Cloud
from stacks.challenger.stack import ChallengerStack
from stacks.deployment import Deployment
from stacks.stores import Stored, Stores
from tests.clone import ROOT

STACK, ENDPOINT = "Rubric-local-Challenger", "rubric-local-challenger"
ONE, TWO, BROKEN = (f"s3://{BUCKET}/{name}.tar.gz" for name in ("one", "two", "broken"))
STORED = Stored(name="name", arn="arn:aws:s3:::name")
STORES = Stores(
    dataset=STORED, artifacts=STORED, request_log=STORED, examples=STORED, ledger=STORED, answers=STORED,
    erased=STORED, api_keys=STORED, usage=STORED, erasure_key_arn="arn", key_arn=None,
)  # fmt: skip
KEPT = [{"ParameterKey": key, "UsePreviousValue": True} for key in ("Artifact", "Serve")]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of the local environment, with an image of the tests' own."""
    folder = tmp_path_factory.mktemp("challenger")
    override = folder / "environments"
    override.mkdir()
    (override / "local.yaml").write_text((ROOT / "environments/local.yaml").read_text(encoding="utf-8"))
    (override / "local.override.yaml").write_text(f"serving: {{image_build: null, image: {IMAGE}}}")
    deployment = Deployment(settings=load("local", root=folder), root=folder, build_dir=folder / "build")
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = ChallengerStack(app, deployment=deployment, stores=STORES, role_arn=ROLE)
    found: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    text = json.dumps(found)
    assert text.count(IMAGE) == 1
    return dict(json.loads(text.replace(IMAGE, SERVE)))


IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/tests:1"


@pytest.fixture
def challenger(cloud: Cloud, template: dict[str, Any]) -> Iterator[Challenger]:
    """Of a stack that was just deployed for the first time."""
    cloud.cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    assert cloud.stack_settled(STACK)["StackStatus"] == "CREATE_COMPLETE"
    types = sorted({resource["Type"] for resource in template["Resources"].values()})
    yield Challenger(
        cloud.cloudformation, cloud.sagemaker, stack_name=STACK, resource_types=types, endpoint_name=ENDPOINT
    )
    cloud.cloudformation.delete_stack(StackName=STACK)
    cloud.cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert left(cloud) == []


def left(cloud: Cloud) -> list[str]:
    """The models, configurations and endpoints of a challenger, and its log group."""
    sagemaker = cloud.sagemaker
    models = [each["ModelName"] for each in sagemaker.list_models(NameContains="Challenger")["Models"]]
    configs = sagemaker.list_endpoint_configs(NameContains="Challenger")["EndpointConfigs"]
    endpoints = sagemaker.list_endpoints(NameContains="challenger")["Endpoints"]
    groups = cloud.logs.describe_log_groups(logGroupNamePrefix=f"/aws/sagemaker/Endpoints/{ENDPOINT}")["logGroups"]
    return [
        *models,
        *(each["EndpointConfigName"] for each in configs),
        *(each["EndpointName"] for each in endpoints),
        *(each["logGroupName"] for each in groups),
    ]


def settled(cloud: Cloud, challenger: Challenger, *, token: str) -> tuple[str, str]:
    cloud.stack_settled(STACK)
    return challenger.state(token=token)


def test_a_model_alone_and_then_one_with_an_endpoint(cloud: Cloud, challenger: Challenger) -> None:
    assert challenger.state(token="t1") == ("none", "") and challenger.model_name() == ""
    challenger.ask(ONE, serve=False, token="t1")
    assert settled(cloud, challenger, token="t1") == ("ready", "")
    model = cloud.sagemaker.describe_model(ModelName=challenger.model_name())
    assert model["PrimaryContainer"]["ModelDataUrl"] == ONE and model["EnableNetworkIsolation"]
    assert cloud.sagemaker.list_endpoints(NameContains="challenger")["Endpoints"] == []
    challenger.remove(token="t2")
    assert settled(cloud, challenger, token="t2") == ("none", "") and challenger.model_name() == ""
    assert left(cloud) == [f"/aws/sagemaker/Endpoints/{ENDPOINT}"]
    challenger.remove(token="t3")  # there is nothing to do
    challenger.ask(TWO, serve=True, token="t4")
    assert challenger.state(token="t4") == ("changing", "")
    challenger.ask(ONE, serve=True, token="t5")  # the stack is being changed
    assert settled(cloud, challenger, token="t4") == ("ready", "")
    challenger.ask(TWO, serve=True, token="t4")
    challenger.ask(TWO, serve=True, token="t6")
    assert challenger.state(token="t6") == ("ready", "")
    answer = cloud.ask(ENDPOINT)
    assert (answer["model"], answer["variant"]) == ("two", "challenger")


def test_a_deploy_and_a_diff_leave_a_running_test_as_it_is(
    cloud: Cloud, challenger: Challenger, template: dict[str, Any]
) -> None:
    """The CDK's CLI makes change sets with UsePreviousValue for each parameter that the stack has."""
    challenger.ask(ONE, serve=True, token="t1")
    assert settled(cloud, challenger, token="t1") == ("ready", "")
    model = challenger.model_name()
    changed = {**template, "Description": "another version"}
    changed["Resources"] = {
        name: {**each, "Metadata": {"changed": True}} for name, each in template["Resources"].items()
    }
    name = "deploy"
    cloud.cloudformation.create_change_set(
        StackName=STACK, ChangeSetName=name, ChangeSetType="UPDATE", TemplateBody=json.dumps(changed), Parameters=KEPT
    )
    cloud.cloudformation.get_waiter("change_set_create_complete").wait(
        StackName=STACK, ChangeSetName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    shown = cloud.cloudformation.describe_change_set(StackName=STACK, ChangeSetName=name)["Changes"]
    assert {each["ResourceChange"]["Action"] for each in shown} <= {"Modify"}
    cloud.cloudformation.execute_change_set(StackName=STACK, ChangeSetName=name)
    assert settled(cloud, challenger, token="t1") == ("ready", "")
    assert cloud.ask(ENDPOINT)["model"] == "one" and challenger.model_name() == model
    assert "another version" in json.dumps(cloud.cloudformation.get_template(StackName=STACK)["TemplateBody"])
    # The fixture deletes the stack while the test runs, as `cdk destroy` would: nothing is left.


def test_an_endpoint_that_does_not_come_up_leaves_nothing_and_is_told(cloud: Cloud, challenger: Challenger) -> None:
    challenger.ask(BROKEN, serve=True, token="t1")
    state, reason = settled(cloud, challenger, token="t1")
    assert state == "failed" and "ping health check" in reason
    assert left(cloud) == [f"/aws/sagemaker/Endpoints/{ENDPOINT}"]
    challenger.remove(token="t2")
    assert settled(cloud, challenger, token="t2") == ("none", "")
    challenger.ask(ONE, serve=True, token="t3")
    assert settled(cloud, challenger, token="t3") == ("ready", "")


def test_an_endpoint_that_was_left_over_is_told(cloud: Cloud, challenger: Challenger) -> None:
    cloud.make_endpoint(ENDPOINT, {"challenger": "one"})
    try:
        state, reason = challenger.state(token="t1")
        assert state == "failed" and f"aws sagemaker delete-endpoint --endpoint-name {ENDPOINT}" in reason
    finally:
        cloud.delete_endpoint(ENDPOINT)
        cloud.sagemaker.delete_endpoint_config(EndpointConfigName=ENDPOINT)
        cloud.sagemaker.delete_model(ModelName=f"{ENDPOINT}-challenger")


def test_without_a_stack_it_says_what_to_deploy(cloud: Cloud) -> None:
    absent = Challenger(
        cloud.cloudformation, cloud.sagemaker, stack_name="Rubric-none-Challenger", resource_types=[], endpoint_name="x"
    )
    assert absent.state(token="t") == (
        "failed",
        "the stack Rubric-none-Challenger does not exist: run `cdk deploy Rubric-none-Challenger`",
    )
    with pytest.raises(ChallengerError, match="does not exist"):
        absent.ask(ONE, serve=False, token="t")


def test_an_update_may_not_bring_other_types(cloud: Cloud, challenger: Challenger) -> None:
    fewer = Challenger(
        cloud.cloudformation, cloud.sagemaker, stack_name=STACK, resource_types=["AWS::Logs::LogGroup"],
        endpoint_name=ENDPOINT,
    )  # fmt: skip
    with pytest.raises(ClientError, match="ResourceTypes does not include"):
        fewer.ask(ONE, serve=False, token="t")
