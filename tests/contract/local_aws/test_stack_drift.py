"""`rubric stacks` on a running local AWS: a deployed stack, changed by hand, resource by resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.client import BaseClient

from contracts.deployment import stack_reviews
from local_aws_testing.server import Server
from ops.main import main
from tests.unit.ops.changes.assemblies import written

STACK = "Rubric-dev-Serving"

TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


def reference(name: str) -> dict[str, str]:
    return {"Ref": name}


def policy(resource: Any, **principal: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": ["sqs:SendMessage", "sns:Publish"], "Resource": resource, **principal}
    return {"Version": "2012-10-17", "Statement": [statement]}


def template(**changed: Any) -> dict[str, Any]:
    """A role with a policy, a function, a queue and a topic with theirs, an alarm, a secret."""
    cloudwatch = {"Principal": {"Service": "cloudwatch.amazonaws.com"}}
    resources: dict[str, tuple[str, dict[str, Any]]] = {
        "Role": ("IAM::Role", {"AssumeRolePolicyDocument": TRUST}),
        "Policy": (
            "IAM::Policy",
            {
                "PolicyName": "own",
                "Roles": [reference("Role")],
                "PolicyDocument": policy({"Fn::GetAtt": ["Queue", "Arn"]}),
            },
        ),
        "Function": (
            "Lambda::Function",
            {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": "def handler(event, context): pass"},
                "Environment": {"Variables": {"MODE": "a"}},
            },
        ),
        "Queue": ("SQS::Queue", {"MessageRetentionPeriod": 600}),
        "QueuePolicy": (
            "SQS::QueuePolicy",
            {"Queues": [reference("Queue")], "PolicyDocument": policy({"Fn::GetAtt": ["Queue", "Arn"]}, **cloudwatch)},
        ),
        "Topic": ("SNS::Topic", {"DisplayName": "alarms"}),
        "TopicPolicy": (
            "SNS::TopicPolicy",
            {"Topics": [reference("Topic")], "PolicyDocument": policy(reference("Topic"), **cloudwatch)},
        ),
        "Alarm": (
            "CloudWatch::Alarm",
            {
                "Namespace": "n",
                "MetricName": "m",
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 5,
                "ComparisonOperator": "GreaterThanThreshold",
                "AlarmActions": [reference("Topic")],
            },
        ),
        "Secret": ("SecretsManager::Secret", {"Description": "a", "GenerateSecretString": {}}),
    }
    listed = {name: {"Type": f"AWS::{kind}", "Properties": values} for name, (kind, values) in resources.items()}
    for name, values in changed.items():
        listed[name]["Properties"] |= values
    return {"Resources": listed}


@pytest.fixture(scope="module")
def deployed(server: Server) -> Iterator[Server]:
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK, TemplateBody=json.dumps(template()), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    yield server
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})


@pytest.fixture
def account(deployed: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.url)
    credentials = {"ACCESS_KEY_ID": deployed.access_key, "SECRET_ACCESS_KEY": "unchecked"}
    for name, value in {**credentials, "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return deployed


def drift(capsys: pytest.CaptureFixture[str]) -> tuple[int, set[tuple[str, str]]]:
    """The exit status, and what differs: (logical id, path of the property or status)."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["stacks", "drift", "--env", "dev", "--json"])
    report = json.loads(capsys.readouterr().out)
    found = {
        (each["logical_id"], path)
        for each in report["found"]
        for path in [difference["path"] for difference in each["differences"]] or [each["status"]]
    }
    return int(ended.value.code or 0), found


@contextmanager
def called() -> Iterator[set[str]]:
    """The IAM actions of the calls made meanwhile; each of these has its operation's name."""
    calls: set[str] = set()
    call = BaseClient._make_api_call

    def recording(self: Any, operation: str, request: Any) -> Any:
        calls.add(f"{self.meta.service_model.service_name}:{operation}")
        return call(self, operation, request)

    with mock.patch.object(BaseClient, "_make_api_call", recording):
        yield calls


def test_what_was_deployed_is_no_change_and_no_drift(
    account: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(capsys) == (0, set())
    for changed, status in (({}, 0), ({"Queue": {"MessageRetentionPeriod": 700}}, 10)):
        folder = written(tmp_path / str(status), {STACK: template(**changed)})
        with pytest.raises(SystemExit) as ended:
            main(["stacks", "changes", "--env", "dev", "--assembly", str(folder)])
        assert int(ended.value.code or 0) == status


def test_every_change_by_hand_is_seen(account: Server, capsys: pytest.CaptureFixture[str]) -> None:
    listed = account.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}
    account.client("lambda").update_function_configuration(
        FunctionName=ids["Function"], Environment={"Variables": {"MODE": "b"}}
    )
    iam = account.client("iam")
    wider = json.dumps(policy("*"))
    iam.put_role_policy(RoleName=ids["Role"], PolicyName="own", PolicyDocument=wider)
    iam.put_role_policy(RoleName=ids["Role"], PolicyName="extra", PolicyDocument=wider)
    cloudwatch = account.client("cloudwatch")
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[ids["Alarm"]])["MetricAlarms"]
    wanted = ("AlarmName", "Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "ComparisonOperator")
    cloudwatch.put_metric_alarm(**{name: alarm[name] for name in (*wanted, "AlarmActions")}, Threshold=500)
    account.client("sqs").set_queue_attributes(QueueUrl=ids["Queue"], Attributes={"Policy": ""})
    account.client("sns").set_topic_attributes(
        TopicArn=ids["Topic"], AttributeName="Policy", AttributeValue=json.dumps(policy(ids["Topic"], Principal="*"))
    )
    account.client("secretsmanager").update_secret(SecretId=ids["Secret"], Description="b")
    with called() as calls:
        seen = drift(capsys)
    assert calls <= set(stack_reviews.DRIFT)
    assert seen == (
        10,
        {
            ("Function", "Environment.Variables.MODE"),
            ("Policy", "PolicyDocument.Statement"),
            ("Role", "Policies[extra]"),
            ("Alarm", "Threshold"),
            ("QueuePolicy", "PolicyDocument.Statement"),
            ("TopicPolicy", "PolicyDocument.Statement"),
            ("Secret", "Description"),
        },
    )
    iam.delete_role_policy(RoleName=ids["Role"], PolicyName="extra")  # or IAM would not let the stack delete the role
