"""Each metric of the code is on the dashboard and, if it counts faults, on an alarm."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from tests.stacks.conftest import REPOSITORY, Synthesise, Synthesised

# Metrics that do not indicate a fault, and why.
NO_FAULT = {
    "Confidence": "what a model is sure of is for people to look at",
    "Labels": "so is what it answers",
    "Uncertain": "so is how often it is not sure",
    "Requests": "traffic",
    "Texts": "traffic",
    "ModelLatencyMs": "the endpoint's own ModelLatency has the alarm",
    "DriftTexts": "traffic",
    "DriftBehindSeconds": "a look that cannot keep up goes on at the next; reports say how far it is",
    "RetrainingDecisions": "what was decided is for people to look at",
    "RetrainingRuns": "so is how often a run was started",
    "RetrainingAsks": "so is how often a person was asked",
    "LogItemsRedriven": "the way back from a fault that LogWriteFailed told of",
    "ChallengerTexts": "traffic",
    "ChallengerFailed": "the champion answers: callers see no error, and the API's latency has an alarm",
    "ChallengerLatencyMs": "the API's latency has the alarm",
    "RequestsFailed": "each is a 5xx of the API, which has the alarm",
    "AsleepRefused": "a model that sleeps is no fault; ModelDoesNotWake rings for one that stays asleep",
    "AsleepFallbackAnswers": "a model that sleeps is no fault; Bedrock answers meanwhile",
    "ModelCopies": "none is a model that sleeps",
    "WakeSeconds": "so long a wake took; WakingSeconds has the alarm for one that does not end",
    "FeaturesMissed": "the request is answered without features; FeaturesUnread has the alarm for a store that fails",
    "FeaturesWritten": "traffic",
    "FeaturesFailed": "the function then raises an error, which has the alarm",
    "FeaturesBehindSeconds": "a run that cannot keep up goes on at the next",
    "FeaturesLeftOut": "names beyond the limit may be made up by a caller",
}
WRITERS = ("add_metric", "single_metric")


def written_metrics(folder: Path) -> dict[str, str]:
    """`file:line` of each metric that functions write, by the metric's name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node.func) in WRITERS:
                [name] = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
                where = f"{path.relative_to(REPOSITORY)}:{node.lineno}"
                assert isinstance(name, ast.Constant), f"{where}: a metric whose name only running tells"
                found[str(name.value)] = where
    return found


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


METRICS = written_metrics(REPOSITORY / "lambda_src")


def alarms(environment: Synthesised) -> list[dict[str, Any]]:
    return [alarm["Properties"] for alarm in environment.everything("AWS::CloudWatch::Alarm").values()]


def shown(environment: Synthesised) -> str:
    """The dashboard's body; names of alarms are in it as well as metrics."""
    return json.dumps(environment.resources("monitoring", "AWS::CloudWatch::Dashboard")).replace("\\", "")


def unwatched(metrics: dict[str, str], environment: Synthesised) -> list[str]:
    """The errors in the metrics, one line each."""
    rung = {alarm.get("MetricName") for alarm in alarms(environment) if alarm.get("Namespace") == "Rubric"}
    board = shown(environment)
    return [
        *(f"{where}: {name} is on no alarm" for name, where in metrics.items() if name not in rung | set(NO_FAULT)),
        *(f"{where}: {name} is not on the dashboard" for name, where in metrics.items() if not graphed(name, board)),
    ]


def graphed(name: str, board: str) -> bool:
    return f'"Rubric","{name}"' in board or f'MetricName="{name}"' in board


def test_each_metric_of_the_code_is_watched(asleep: Synthesised) -> None:
    assert len(METRICS) >= 12
    assert unwatched(METRICS, asleep) == []


def test_a_metric_that_nobody_watches_is_found(asleep: Synthesised) -> None:
    assert unwatched({"Unseen": "somewhere.py:1"}, asleep) == [
        "somewhere.py:1: Unseen is on no alarm",
        "somewhere.py:1: Unseen is not on the dashboard",
    ]


def test_every_alarm_of_a_metric_of_ours_has_a_writer(asleep: Synthesised) -> None:
    named = {alarm["MetricName"] for alarm in alarms(asleep) if alarm.get("Namespace") == "Rubric"}
    assert named <= set(METRICS)
    assert set(NO_FAULT) <= set(METRICS)
    assert not named & set(NO_FAULT)


def test_what_rings_for_another_metric_is_there(asleep: Synthesised) -> None:
    queries = [
        query["MetricStat"]["Metric"]
        for each in alarms(asleep)
        for query in each.get("Metrics", [])
        if "MetricStat" in query
    ]
    rung = {(metric.get("Namespace"), metric.get("MetricName")) for metric in (*alarms(asleep), *queries)}
    assert {("AWS/ApiGateway", "5xx"), ("AWS/SageMaker", "ModelLatency"), ("Rubric", "WakingSeconds")} <= rung


def test_each_rule_target_keeps_what_it_cannot_deliver_and_an_alarm_rings(each: Synthesised) -> None:
    rules = each.everything("AWS::Events::Rule")
    for where, rule in rules.items():
        part = where.split("/")[0]
        queues = each.resources(part, "AWS::SQS::Queue")
        for target in rule["Properties"]["Targets"]:
            [queue, _] = target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"]
            assert queues[queue]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400, where
            assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}, where
            assert lets_in(each, part, queue=queue, rule=where.split("/")[1]), where
            assert watched(each, queue), where


def lets_in(environment: Synthesised, part: str, *, queue: str, rule: str) -> bool:
    """Whether the queue's policy lets EventBridge send to it for that rule."""
    statements = [
        statement
        for policy in environment.resources(part, "AWS::SQS::QueuePolicy").values()
        if {"Ref": queue} in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    return any(
        statement["Principal"] == {"Service": "events.amazonaws.com"}
        and statement["Action"] == "sqs:SendMessage"
        and statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}
        for statement in statements
    )


def watched(environment: Synthesised, queue: str) -> bool:
    """Whether an alarm counts the queue's messages. Its name comes by an import from the queue's stack."""
    waiting = [
        alarm for alarm in alarms(environment) if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    ]
    return any(queue in json.dumps(alarm["Dimensions"]) for alarm in waiting)


def test_every_queue_of_what_failed_is_watched(each: Synthesised) -> None:
    queues = [where.split("/")[1] for where in each.everything("AWS::SQS::Queue")]
    assert queues and [queue for queue in queues if not watched(each, queue)] == []


def test_alarms_of_an_environment_for_real_traffic_reach_somebody(synthesise: Synthesise) -> None:
    environment = synthesise("prod", change="monitoring: {alarm_email: ops@example.com}")
    [subscription] = environment.resources("monitoring", "AWS::SNS::Subscription").values()
    [topic] = environment.resources("monitoring", "AWS::SNS::Topic")
    assert subscription["Properties"]["TopicArn"] == {"Ref": topic}
    silent = [
        where
        for where, alarm in environment.everything("AWS::CloudWatch::Alarm").items()
        # Each rollback alarm has a counterpart in the Monitoring stack that notifies.
        if alarm["Properties"].get("AlarmActions") != [{"Ref": topic}] and "RollbackAlarms" not in where
    ]
    assert silent == []
