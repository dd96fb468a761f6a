"""Tests alarms, and the metrics of queues and state machines, on a running server."""

import json
from typing import Any

import pytest

from local_aws_testing.server import ROLE, Server, log_lines, total, wait_for


@pytest.fixture(scope="module")
def topic(server: Server) -> tuple[str, str]:
    """(topic ARN, URL of a queue that gets its messages)."""
    arn = server.client("sns").create_topic(Name="alarms")["TopicArn"]
    url = server.client("sqs").create_queue(QueueName="alarms")["QueueUrl"]
    queue = "arn:aws:sqs:us-east-1:000000000000:alarms"
    server.client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
    return arn, url


def put(server: Server, name: str, value: float, **dimensions: str) -> None:
    pairs = [{"Name": key, "Value": each} for key, each in dimensions.items()]
    datum = {"MetricName": name, "Value": value, "Dimensions": pairs}
    server.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=[datum])


def put_alarm(server: Server, name: str, **options: Any) -> None:
    defaults: dict[str, Any] = {
        "Namespace": "Test",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    server.client("cloudwatch").put_metric_alarm(AlarmName=name, **{**defaults, **options})


def state(server: Server, name: str) -> str:
    result = server.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    alarms = result["MetricAlarms"] + result["CompositeAlarms"]
    return str(alarms[0]["StateValue"])


def wait_state(server: Server, name: str, wanted: str) -> None:
    wait_for(lambda: state(server, name) == wanted, what=f"{name} to be {wanted}", seconds=20)


def test_an_alarm_looks_at_its_own_dimensions_only(server: Server, topic: tuple[str, str]) -> None:
    put(server, "Errors", 100, Service="other")
    put_alarm(
        server, "own", MetricName="Errors", Dimensions=[{"Name": "Service", "Value": "mine"}], AlarmActions=[topic[0]]
    )
    wait_state(server, "own", "OK")
    put(server, "Errors", 6, Service="mine")
    wait_state(server, "own", "ALARM")
    sqs = server.client("sqs")
    messages = wait_for(
        lambda: sqs.receive_message(QueueUrl=topic[1], WaitTimeSeconds=1).get("Messages"), what="the notification"
    )
    shown = json.loads(json.loads(messages[0]["Body"])["Message"])
    assert (shown["AlarmName"], shown["NewStateValue"]) == ("own", "ALARM")
    assert "greater than the threshold (5.0)" in shown["NewStateReason"]


def test_an_alarm_recovers_by_itself_when_time_passes(server: Server) -> None:
    put(server, "Brief", 10)
    put_alarm(server, "brief", MetricName="Brief", Period=10)
    wait_state(server, "brief", "ALARM")
    wait_state(server, "brief", "OK")


def test_missing_data_is_treated_as_the_alarm_says(server: Server) -> None:
    for treatment, expected in (("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA")):
        put_alarm(server, f"missing-{treatment}", MetricName="Never", TreatMissingData=treatment)
        wait_state(server, f"missing-{treatment}", expected)


def test_percentiles_and_datapoints_to_alarm(server: Server) -> None:
    for value in [10.0] * 95 + [1000.0] * 5:
        put(server, "Latency", value)
    put_alarm(server, "p99", MetricName="Latency", ExtendedStatistic="p99", Threshold=500)
    wait_state(server, "p99", "ALARM")
    put_alarm(server, "p50", MetricName="Latency", ExtendedStatistic="p50", Threshold=500)
    wait_state(server, "p50", "OK")
    put_alarm(server, "two", MetricName="Latency", EvaluationPeriods=3, DatapointsToAlarm=2)
    wait_state(server, "two", "OK")


def test_metric_math_and_composite_alarms_in_a_stack(server: Server) -> None:
    put(server, "Bad", 3, Api="a")
    put(server, "All", 10, Api="a")
    dimensions = [{"Name": "Api", "Value": "a"}]

    def query(identifier: str, name: str) -> dict[str, Any]:
        metric = {"Namespace": "Test", "MetricName": name, "Dimensions": dimensions}
        return {"Id": identifier, "ReturnData": False, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}

    rate = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "rate",
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 20,
            "EvaluationPeriods": 1,
            "Metrics": [
                {"Id": "rate", "Expression": "IF(all > 5, 100 * bad / all, 0)"},
                query("bad", "Bad"),
                query("all", "All"),
            ],
        },
    }
    rule = {"Fn::Join": ["", ['ALARM("', {"Ref": "Rate"}, '")']]}
    composite = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmName": "any", "AlarmRule": rule}}
    client = server.client("cloudformation")
    body = json.dumps({"Resources": {"Rate": rate, "Any": composite}})
    client.create_stack(StackName="alarms", TemplateBody=body)
    client.get_waiter("stack_create_complete").wait(StackName="alarms", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    wait_state(server, "rate", "ALARM")
    wait_state(server, "any", "ALARM")
    put(server, "All", 90, Api="a")
    wait_state(server, "rate", "OK")
    wait_state(server, "any", "OK")
    client.delete_stack(StackName="alarms")
    client.get_waiter("stack_delete_complete").wait(StackName="alarms", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    left = server.client("cloudwatch").describe_alarms(AlarmNames=["rate", "any"], AlarmTypes=["CompositeAlarm"])
    assert left["CompositeAlarms"] == left["MetricAlarms"] == []


def test_an_alarm_on_a_dead_letter_queue(server: Server) -> None:
    url = server.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
    put_alarm(
        server,
        "dead",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Statistic="Maximum",
        Threshold=0,
        Dimensions=[{"Name": "QueueName", "Value": "dead"}],
    )
    wait_state(server, "dead", "OK")
    server.client("sqs").send_message(QueueUrl=url, MessageBody="lost")
    wait_state(server, "dead", "ALARM")


@pytest.mark.parametrize(("fails", "metric"), [(True, "ExecutionsFailed"), (False, "ExecutionsSucceeded")])
def test_executions_have_metrics_and_logs(server: Server, fails: bool, metric: str) -> None:
    group = f"/states/{metric}"
    server.client("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"
    end = {"Type": "Fail", "Error": "Broken", "Cause": "because"} if fails else {"Type": "Pass", "End": True}
    stack = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineName": metric,
            "RoleArn": ROLE,
            "Definition": {"StartAt": "S", "States": {"S": end}},
            "LoggingConfiguration": {
                "Level": "ALL",
                "IncludeExecutionData": True,
                "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": arn}}],
            },
        },
    }
    client = server.client("cloudformation")
    client.create_stack(StackName=metric, TemplateBody=json.dumps({"Resources": {"M": stack}}))
    client.get_waiter("stack_create_complete").wait(StackName=metric, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{metric}"
    server.client("stepfunctions").start_execution(stateMachineArn=machine, input='{"a": 1}')
    dimensions = {"StateMachineArn": machine}
    wait_for(lambda: total(server, "AWS/States", metric, dimensions) == 1, what=metric)
    assert total(server, "AWS/States", "ExecutionsStarted", dimensions) == 1
    assert total(server, "AWS/States", "ExecutionTime", dimensions, "SampleCount") == 1
    lines = [json.loads(line) for line in log_lines(server, group)]
    assert lines[0]["type"] == "ExecutionStarted"
    assert json.loads(lines[0]["details"]["input"]) == {"a": 1}
    assert lines[-1]["type"] == ("ExecutionFailed" if fails else "ExecutionSucceeded")
    if fails:
        assert lines[-1]["details"] == {"error": "Broken", "cause": "because"}
