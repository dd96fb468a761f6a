"""Everything that can fail has an alarm, which notifies the topic and watches an existing metric."""

from __future__ import annotations

from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.test_nag import SERVERLESS

EXPECTED = {
    ("AWS/ApiGateway", "5xx"): 1,
    ("AWS/ApiGateway", "Latency"): 1,
    ("AWS/Lambda", "Errors"): 10,
    ("AWS/Lambda", "Throttles"): 10,
    ("AWS/SageMaker", "Invocation5XXErrors"): 1,
    ("AWS/SageMaker", "InvocationModelErrors"): 1,
    ("AWS/SageMaker", "ModelLatency"): 1,
    ("/aws/sagemaker/Endpoints", "CPUUtilization"): 1,
    ("Rubric", "BadModelAnswers"): 1,
    ("Rubric", "ApprovedDiffersFromServing"): 1,
    ("Rubric", "ServingStackStuck"): 1,
    ("Rubric", "SettlingFailed"): 1,
    ("Rubric", "SettlingDone"): 1,  # its absence
    ("Rubric", "ChallengerLeftOver"): 1,
    ("Rubric", "DriftFound"): 1,
    ("Rubric", "LogWriteFailed"): 1,
    ("Rubric", "KeyUseUncounted"): 1,
    ("Rubric", "LogRedriveFailed"): 1,
    ("Rubric", "LogWriteLost"): 1,
    ("Rubric", "KeysRefused"): 1,
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): 3,
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): 1,
    ("AWS/States", "ExecutionsFailed"): 3,
    ("AWS/States", "ExecutionsTimedOut"): 3,
    ("AWS/States", "ExecutionsAborted"): 3,
    ("AWS/DynamoDB", "ReadThrottleEvents"): 7,
    ("AWS/DynamoDB", "WriteThrottleEvents"): 7 + 2,
}


def test_everything_that_can_go_wrong_has_an_alarm(each: Synthesised) -> None:
    found: dict[tuple[str | None, str | None], int] = {}
    for alarm in each.resources("monitoring", "AWS::CloudWatch::Alarm").values():
        key = (alarm["Properties"].get("Namespace"), alarm["Properties"].get("MetricName"))
        found[key] = found.get(key, 0) + 1
    assert found == EXPECTED


def test_the_request_log_s_indexes_are_watched_as_well(each: Synthesised) -> None:
    """An index that is throttled refuses the table's writes, and the table's own metric does not count them."""
    watched = [
        {one["Name"]: one["Value"] for one in alarm["Properties"]["Dimensions"]}.get("GlobalSecondaryIndexName")
        for alarm in each.resources("monitoring", "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "WriteThrottleEvents"
    ]
    assert {index for index in watched if index} == {"by_day", "by_key"}


def test_every_alarm_tells_the_topic_when_it_starts_and_ends(each: Synthesised) -> None:
    [topic] = each.resources("monitoring", "AWS::SNS::Topic")
    for name, alarm in each.resources("monitoring", "AWS::CloudWatch::Alarm").items():
        properties = alarm["Properties"]
        assert properties["AlarmActions"] == properties["OKActions"] == [{"Ref": topic}], name
        assert len(properties["AlarmDescription"].split()) >= 4, name
        assert properties.get("ActionsEnabled", True), name


def test_an_endpoint_from_which_nothing_is_heard_is_an_alarm(dev: Synthesised) -> None:
    [alarm] = [
        alarm["Properties"]
        for alarm in dev.resources("monitoring", "AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("Namespace") == "/aws/sagemaker/Endpoints"
    ]
    assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("SampleCount", "breaching")
    assert alarm["ComparisonOperator"] == "LessThanThreshold"


def test_a_serverless_endpoint_has_no_instances_to_be_healthy(synthesise: Synthesise) -> None:
    environment = synthesise("dev", change=SERVERLESS)
    alarms = environment.resources("monitoring", "AWS::CloudWatch::Alarm").values()
    assert not [a for a in alarms if a["Properties"].get("Namespace") == "/aws/sagemaker/Endpoints"]


def test_the_limits_are_the_settings(prod: Synthesised) -> None:
    limits = {
        alarm["Properties"].get("MetricName"): (
            alarm["Properties"]["Threshold"],
            alarm["Properties"].get("ExtendedStatistic"),
        )
        for alarm in prod.resources("monitoring", "AWS::CloudWatch::Alarm").values()
    }
    assert limits["Latency"] == (1000, "p99")
    assert limits["ModelLatency"] == (200_000, None)
