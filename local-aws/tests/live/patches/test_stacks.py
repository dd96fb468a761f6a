"""CloudFormation on a running server behaves as on AWS."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.server import Server, make_function, wait_for
from local_aws_testing.stacks import body_of, create, ended

LATER = """
import json, os, time, urllib.request
def handler(event, context):
    kind = event["ResourceProperties"]["Kind"]
    if kind == "crash":
        raise RuntimeError("the bucket is not empty")
    if kind == "hangs" and event["RequestType"] == "Create":
        time.sleep(20)
    if kind == "later" and event["RequestType"] == "Create":
        with open(event["ResourceProperties"]["Flag"], "w") as out:
            json.dump(event, out)
        return
    body = json.dumps({"Status": "SUCCESS", "PhysicalResourceId": "x", "RequestId": event["RequestId"]}).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], data=body, method="PUT"))
"""


@pytest.fixture(scope="module")
def provider(server: Server) -> str:
    return make_function(server, "provider", LATER)


def resource(provider: str, **properties: str) -> dict[str, Any]:
    return {"X": {"Type": "Custom::Test", "Properties": {"ServiceToken": provider, **properties}}}


def test_a_custom_resource_that_crashes_fails_the_stack_at_once(server: Server, provider: str) -> None:
    create(server, "crash", resource(provider, Kind="crash"))
    assert ended(server, "crash")["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = reasons_of(server, "crash")
    assert any("RuntimeError: the bucket is not empty" in reason for reason in reasons), reasons


def reasons_of(server: Server, stack: str) -> list[str]:
    events = server.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return [event.get("ResourceStatusReason", "") for event in events]


@pytest.mark.parametrize("kind", ["later", "hangs"])
def test_a_custom_resource_has_its_service_timeout_to_answer_in(server: Server, provider: str, kind: str) -> None:
    flag = str(server.folder / "unanswered.json")
    began = time.monotonic()
    create(server, f"late-{kind}", resource(provider, Kind=kind, Flag=flag, ServiceTimeout="2"))
    assert ended(server, f"late-{kind}")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert 2 <= time.monotonic() - began < 15
    reasons = reasons_of(server, f"late-{kind}")
    assert any("within 2 seconds, its ServiceTimeout" in reason for reason in reasons), reasons


@pytest.mark.parametrize("seconds", ["0", "3601", "soon"])
def test_a_service_timeout_that_cloudformation_does_not_take_is_refused(
    server: Server, provider: str, seconds: str
) -> None:
    create(server, f"never-{seconds}", resource(provider, Kind="now", ServiceTimeout=seconds))
    assert ended(server, f"never-{seconds}")["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = reasons_of(server, f"never-{seconds}")
    assert any("ServiceTimeout must be an integer from 1 to 3600" in reason for reason in reasons), reasons


def test_a_custom_resource_may_answer_after_its_lambda_returned(server: Server, provider: str) -> None:
    flag = server.folder / "later.json"
    create(server, "later", resource(provider, Kind="later", Flag=str(flag)))
    wait_for(lambda: flag.exists() and flag.read_text(), what="the custom resource's invocation")
    time.sleep(1)
    describe = server.client("cloudformation").describe_stacks
    assert describe(StackName="later")["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    event = json.loads(flag.read_text())
    answer = {**event, "ResourceProperties": {"Kind": "now"}}
    server.client("lambda").invoke(FunctionName="provider", Payload=json.dumps(answer))
    assert ended(server, "later")["StackStatus"] == "CREATE_COMPLETE"


def test_an_update_with_the_previous_template_reads_ssm_again(server: Server) -> None:
    ssm, client = server.client("ssm"), server.client("cloudformation")
    ssm.put_parameter(Name="/approved", Value="first", Type="String")
    queue = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "model", "Value": {"Ref": "Approved"}}]}}}
    approved = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/approved"}
    create(server, "ssm", queue, Approved=approved, Plain={"Type": "String", "Default": "p"})
    assert ended(server, "ssm")["StackStatus"] == "CREATE_COMPLETE"
    ssm.put_parameter(Name="/approved", Value="second", Type="String", Overwrite=True)
    again = {
        "StackName": "ssm",
        "UsePreviousTemplate": True,
        "Parameters": [{"ParameterKey": key, "UsePreviousValue": True} for key in ("Approved", "Plain")],
    }
    client.update_stack(**again)
    stack = ended(server, "ssm")
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    described = {each.pop("ParameterKey"): each for each in stack["Parameters"]}
    assert described["Approved"] == {"ParameterValue": "/approved", "ResolvedValue": "second"}
    assert described["Plain"] == {"ParameterValue": "p"}
    with pytest.raises(ClientError, match="No updates are to be performed"):
        client.update_stack(**again)


@pytest.mark.parametrize(("value", "policy"), [("", "default"), ("one,two", "one,two")])
def test_a_condition_may_join_a_list_parameter_as_the_bootstrap_template_does(
    server: Server, value: str, policy: str
) -> None:
    """Its role gets AdministratorAccess where no policies are given."""
    body = {
        "Parameters": {"Policies": {"Type": "CommaDelimitedList", "Default": ""}},
        "Conditions": {"Given": {"Fn::Not": [{"Fn::Equals": ["", {"Fn::Join": ["", {"Ref": "Policies"}]}]}]}},
        "Resources": {
            "Chosen": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {
                    "Type": "StringList",
                    "Value": {"Fn::If": ["Given", {"Fn::Join": [",", {"Ref": "Policies"}]}, "default"]},
                },
            }
        },
        "Outputs": {"Chosen": {"Value": {"Ref": "Chosen"}}},
    }
    name = f"joins-{policy.replace(',', '-')}"
    server.client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(body),
        Parameters=[{"ParameterKey": "Policies", "ParameterValue": value}],
    )
    (output,) = ended(server, name)["Outputs"]
    assert server.client("ssm").get_parameter(Name=output["OutputValue"])["Parameter"]["Value"] == policy


QUEUE = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Seconds"}}}}
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
ROLE = {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [TRUST]}}}}
PREVIOUS = {"UsePreviousTemplate": True}


@pytest.mark.parametrize(
    ("call", "refused"),
    [
        (PREVIOUS | {"ResourceTypes": ["AWS::SQS::Queue"]}, None),
        (PREVIOUS | {"ResourceTypes": ["AWS::SQS::*", "Custom::Test"]}, None),
        (PREVIOUS | {"ResourceTypes": ["AWS::SNS::Topic"]}, r"ValidationError.*\[AWS::SQS::Queue\]"),
        (PREVIOUS | {"ResourceTypes": ["AWS::SQS::Queue"], "Capabilities": ["CAPABILITY_IAM"]}, "Only one of"),
        ({"TemplateBody": QUEUE | ROLE, "ResourceTypes": ["AWS::SQS::Queue"]}, r"ValidationError.*\[AWS::IAM::Role\]"),
        ({"TemplateBody": QUEUE | ROLE, "ResourceTypes": ["AWS::*"]}, "InsufficientCapabilities.*CAPABILITY_IAM"),
        ({"TemplateBody": QUEUE | ROLE}, "InsufficientCapabilities.*CAPABILITY_IAM"),
    ],
)
def test_a_request_names_the_types_of_its_template_or_capabilities(
    server: Server, request: pytest.FixtureRequest, call: dict[str, Any], refused: str | None
) -> None:
    client, name = server.client("cloudformation"), f"types-{request.node.callspec.id.split('-')[0]}"
    seconds = {"Type": "Number", "Default": 10}
    create(server, name, QUEUE, Seconds=seconds)
    assert ended(server, name)["StackStatus"] == "CREATE_COMPLETE"
    if "TemplateBody" in call:
        call = call | {"TemplateBody": body_of(call["TemplateBody"], Seconds=seconds)}
    update = {"StackName": name, "Parameters": [{"ParameterKey": "Seconds", "ParameterValue": "20"}], **call}
    if refused is None:
        client.update_stack(**update)
        assert ended(server, name)["StackStatus"] == "UPDATE_COMPLETE"
    else:
        with pytest.raises(ClientError, match=refused):
            client.update_stack(**update)
        assert ended(server, name)["StackStatus"] == "CREATE_COMPLETE"


def test_another_service_token_fails_the_update_before_either_function_is_asked(server: Server, provider: str) -> None:
    another = make_function(server, "another-provider", LATER)
    create(server, "token", resource(provider, Kind="now"))
    assert ended(server, "token")["StackStatus"] == "CREATE_COMPLETE"
    update = {"StackName": "token", "TemplateBody": body_of(resource(another, Kind="now"))}
    server.client("cloudformation").update_stack(**update)
    assert ended(server, "token")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = server.client("cloudformation").describe_stack_events(StackName="token")["StackEvents"]
    assert any("Modifying service token is not allowed" in each.get("ResourceStatusReason", "") for each in events)


def exporting(value: str | None) -> str:
    """A stack that exports `value`, or nothing without one."""
    output = {"Value": value, "Export": {"Name": "shared"}} if value else {"Value": "-"}
    return json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"X": output}})


def test_an_export_that_is_imported_neither_goes_nor_changes(server: Server) -> None:
    client = server.client("cloudformation")
    client.create_stack(StackName="exporter", TemplateBody=exporting("first"))
    assert ended(server, "exporter")["StackStatus"] == "CREATE_COMPLETE"
    create(server, "importer", {"P": parameter({"Fn::ImportValue": "shared"})})
    assert ended(server, "importer")["StackStatus"] == "CREATE_COMPLETE"
    for value, what in ((None, "deleted"), ("second", "updated")):
        client.update_stack(StackName="exporter", TemplateBody=exporting(value))
        assert ended(server, "exporter")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        message = f"Export shared cannot be {what} as it is in use by importer"
        assert any(message in reason for reason in reasons_of(server, "exporter"))
    assert exports(server) == {"shared": "first"}
    client.update_stack(StackName="importer", TemplateBody=body_of({"P": parameter("its own")}))
    assert ended(server, "importer")["StackStatus"] == "UPDATE_COMPLETE"
    client.update_stack(StackName="exporter", TemplateBody=exporting(None))
    assert ended(server, "exporter")["StackStatus"] == "UPDATE_COMPLETE"
    assert exports(server) == {}


def parameter(value: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "/imported", "Value": value}}


def exports(server: Server) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in server.client("cloudformation").list_exports()["Exports"]}


def test_an_output_shows_question_marks_and_a_resource_has_the_characters(server: Server) -> None:
    named = {
        "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/named", "Type": "String", "Value": "é 體育 <&"}}
    }
    body = {**json.loads(body_of(named)), "Outputs": {"Named": {"Value": {"Fn::GetAtt": ["P", "Value"]}}}}
    server.client("cloudformation").create_stack(StackName="named", TemplateBody=json.dumps(body))
    assert ended(server, "named")["Outputs"][0]["OutputValue"] == "? ?? <&"
    assert server.client("ssm").get_parameter(Name="/named")["Parameter"]["Value"] == "é 體育 <&"


@pytest.mark.parametrize(("name", "status"), [("Büro", "CREATE_COMPLETE"), ("新聞", "ROLLBACK_COMPLETE")])
def test_a_policy_has_the_characters_that_iam_takes(server: Server, name: str, status: str) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:*"}]}
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::news/{name}/*"}]}
    resources = {
        "R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
        "P": {
            "Type": "AWS::IAM::Policy",
            "Properties": {"PolicyName": "p", "PolicyDocument": policy, "Roles": [{"Ref": "R"}]},
        },
    }
    server.client("cloudformation").create_stack(
        StackName=f"policy-{len(name)}", TemplateBody=body_of(resources), Capabilities=["CAPABILITY_IAM"]
    )
    assert ended(server, f"policy-{len(name)}")["StackStatus"] == status
    refused = [reason for reason in reasons_of(server, f"policy-{len(name)}") if "policyDocument" in reason]
    assert bool(refused) == (status == "ROLLBACK_COMPLETE")
