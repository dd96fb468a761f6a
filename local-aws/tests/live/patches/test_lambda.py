"""Tests Lambda functions, their metrics and their logs on a running server."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from local_aws_testing.server import ROLE, Server, log_lines, make_function, total, wait_for

EMF = """
import json
def handler(event, context):
    print(json.dumps({"_aws": {"Timestamp": event["now"], "CloudWatchMetrics": [
        {"Namespace": "Service", "Dimensions": [["service"], ["service", "label"]],
         "Metrics": [{"Name": "Classified", "Unit": "Count"}, {"Name": "Confidence"}]}]},
        "service": "classify", "label": "Business", "Classified": 3, "Confidence": [0.5, 1.0]}))
    print("an ordinary line")
"""


def invoke(server: Server, name: str, payload: object = None, **options: str) -> dict[str, Any]:
    answer = server.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload), **options)
    return {**answer, "body": answer["Payload"].read()}


def test_log_lines_in_embedded_metric_format_become_metrics(server: Server) -> None:
    server.client("logs").create_log_group(logGroupName="/declared/emf")
    make_function(server, "emf", EMF, LoggingConfig={"LogGroup": "/declared/emf", "LogFormat": "Text"})
    invoke(server, "emf", {"now": int(time.time() * 1000)})
    for dimensions in ({"service": "classify"}, {"service": "classify", "label": "Business"}):
        assert total(server, "Service", "Classified", dimensions) == 3
        assert total(server, "Service", "Confidence", dimensions, "Average") == 0.75
    assert "an ordinary line" in log_lines(server, "/declared/emf")
    groups = server.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/emf")["logGroups"]
    assert groups == []


def test_a_deleted_log_group_stays_deleted(server: Server) -> None:
    logs = server.client("logs")
    for group, options in (("/declared/last", {"LogGroup": "/declared/last"}), ("/aws/lambda/last", {})):
        logs.create_log_group(logGroupName=group)
        source = "import os, time\ndef handler(event, context):\n    open(event['flag'], 'w').close(); time.sleep(1)\n"
        make_function(server, "last", source, LoggingConfig=options)
        flag = server.folder / f"last{len(options)}"
        invoke(server, "last", {"flag": str(flag)}, InvocationType="Event")
        wait_for(flag.exists, what="the invocation")
        server.client("lambda").delete_function(FunctionName="last")
        logs.delete_log_group(logGroupName=group)
        time.sleep(2)
        assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def test_put_log_events_in_embedded_metric_format_become_metrics(server: Server) -> None:
    logs = server.client("logs")
    logs.create_log_group(logGroupName="/put")
    logs.create_log_stream(logGroupName="/put", logStreamName="s")
    metric = {"Namespace": "Put", "Dimensions": [[]], "Metrics": [{"Name": "N"}]}
    message = json.dumps({"_aws": {"CloudWatchMetrics": [metric]}, "N": 7})
    event = {"timestamp": int(time.time() * 1000), "message": message}
    logs.put_log_events(logGroupName="/put", logStreamName="s", logEvents=[event])
    assert total(server, "Put", "N", {}) == 7


def test_an_exception_has_its_class_as_error_type(server: Server) -> None:
    source = "class StackBusy(Exception): pass\ndef handler(event, context):\n    raise StackBusy('wait: a bit')\n"
    make_function(server, "fails", source)
    answer = invoke(server, "fails", {})
    body = json.loads(answer["body"])
    assert answer["FunctionError"] == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("StackBusy", "wait: a bit")
    assert any("index.py" in line for line in body["stackTrace"])


def test_step_functions_retries_a_lambda_by_the_class_of_its_exception(server: Server) -> None:
    source = """
import os
class StackBusy(Exception): pass
def handler(event, context):
    if not os.path.exists(event["flag"]):
        open(event["flag"], "w").close()
        raise StackBusy("busy")
    return {"done": True}
"""
    arn = make_function(server, "busy", source)
    flag = str(server.folder / "busy.flag")
    retry = [{"ErrorEquals": ["StackBusy"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Retry": retry, "End": True}
    task["Parameters"] = {"FunctionName": arn, "Payload": {"flag": flag}}
    states = server.client("stepfunctions")
    machine = states.create_state_machine(
        name="retries", roleArn=ROLE, definition=json.dumps({"StartAt": "T", "States": {"T": task}})
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    ended = wait_for(
        lambda: (result := states.describe_execution(executionArn=execution))["status"] != "RUNNING" and result,
        what="the execution",
    )
    assert ended["status"] == "SUCCEEDED", ended
    assert Path(flag).exists()


def test_the_log_of_an_invocation_ends_with_it(server: Server) -> None:
    source = """
import sys
def handler(event, context):
    if event["kind"] == "silent":
        return
    sys.stdout.write("without line feed")
    if event["kind"] == "raise":
        raise ValueError("x")
    if event["kind"] == "unserialisable":
        return object()
"""
    make_function(server, "ends", source)
    for kind in ("plain", "silent", "raise", "unserialisable", "silent"):
        invoke(server, "ends", {"kind": kind})
    logs = server.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/lambda/ends", orderBy="LastEventTime")["logStreams"]
    assert len(streams) == 5
    written = []
    for stream in streams:
        events = logs.get_log_events(logGroupName="/aws/lambda/ends", logStreamName=stream["logStreamName"])["events"]
        lines = [event["message"] for event in events]
        assert not any("\x00" in line for line in lines)
        written.append(sum(line == "without line feed" for line in lines))
    assert sorted(written) == [0, 0, 1, 1, 1]


def test_many_lines_are_all_in_the_log_of_their_own_invocation(server: Server) -> None:
    make_function(server, "chatty", "def handler(event, context):\n    for i in range(event['n']): print('line', i)\n")
    group = "/aws/lambda/chatty"
    for count in (500, 0, 3):
        invoke(server, "chatty", {"n": count})
    streams = server.client("logs").describe_log_streams(logGroupName=group)["logStreams"]
    assert len([line for line in log_lines(server, group) if line.startswith("line")]) == 503
    assert len(streams) == 3


def test_lambda_snapstart_alias_async_and_endpoint(server: Server) -> None:
    source = "import os\ndef handler(event, context):\n    return {k: v for k, v in os.environ.items()}\n"
    make_function(server, "snap", source, SnapStart={"ApplyOn": "PublishedVersions"})
    client = server.client("lambda")
    version = client.publish_version(FunctionName="snap")["Version"]
    client.create_alias(FunctionName="snap", Name="live", FunctionVersion=version)
    wait_for(
        lambda: client.get_function(FunctionName="snap", Qualifier=version)["Configuration"]["State"] == "Active",
        what="the snapshot",
    )
    environment = json.loads(invoke(server, "snap", {}, Qualifier="live")["body"])
    assert environment["AWS_ENDPOINT_URL"] == server.url
    assert "PYTHONPATH" not in environment
    assert invoke(server, "snap", {}, InvocationType="Event")["StatusCode"] == 202


def test_boto3_in_a_function_talks_to_the_local_aws(server: Server) -> None:
    source = "import boto3\ndef handler(e, c):\n    return boto3.client('sts').get_caller_identity()['Account']\n"
    make_function(server, "sdk", source)
    assert json.loads(invoke(server, "sdk", {})["body"]) == "000000000000"


def test_what_a_function_fails_to_do_asynchronously_is_kept(server: Server) -> None:
    """Like the functions behind a build and a first training, without retries."""
    queue = server.client("sqs").create_queue(QueueName="failed")["QueueUrl"]
    arn = server.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    make_function(server, "fails-later", "def handler(event, context):\n    raise RuntimeError('no network')\n")
    config = {
        "FunctionName": "fails-later",
        "Qualifier": "$LATEST",
        "DestinationConfig": {"OnFailure": {"Destination": arn["QueueArn"]}},
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 3600,
    }
    body = json.dumps({"Resources": {"Failures": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": config}}})
    server.client("cloudformation").create_stack(StackName="failures", TemplateBody=body)
    describe = server.client("cloudformation").describe_stacks

    def made() -> bool:
        return bool(describe(StackName="failures")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")

    wait_for(made, what="the stack", seconds=20)

    def kept() -> dict[str, Any] | None:
        result = server.client("sqs").receive_message(QueueUrl=queue).get("Messages")
        return json.loads(result[0]["Body"]) if result else None

    server.client("lambda").invoke(FunctionName="fails-later", InvocationType="Event", Payload=json.dumps({"a": 1}))
    message = wait_for(kept, what="the message", seconds=20)
    assert message["requestPayload"] == {"a": 1}
    assert message["responsePayload"]["errorMessage"] == "no network"


def test_reserved_concurrency_limits_versions_and_aliases_too(server: Server) -> None:
    client = server.client("lambda", tries=1)
    make_function(server, "reserved", "def handler(event, context):\n    return 1\n")
    version = client.publish_version(FunctionName="reserved")["Version"]
    client.create_alias(FunctionName="reserved", Name="live", FunctionVersion=version)
    client.put_function_concurrency(FunctionName="reserved", ReservedConcurrentExecutions=0)
    for qualifier in ({}, {"Qualifier": version}, {"Qualifier": "live"}):
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.invoke(FunctionName="reserved", **qualifier)
    assert total(server, "AWS/Lambda", "Throttles", {"FunctionName": "reserved"}) == 3
    client.delete_function_concurrency(FunctionName="reserved")
    assert invoke(server, "reserved", Qualifier="live")["body"] == b"1"
