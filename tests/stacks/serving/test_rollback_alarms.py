"""Tests the rollback alarms."""

from __future__ import annotations

from tests.stacks.conftest import Synthesised
from tests.stacks.serving.templates import in_serving, rollouts


def test_a_rollout_watches_alarms_on_the_endpoint_by_its_name(each: Synthesised) -> None:
    endpoint = in_serving(each, "AWS::SageMaker::Endpoint")["Properties"]
    alarms = each.resources("training", "AWS::CloudWatch::Alarm")
    watched = rollouts(each)[1]["AutoRollbackConfiguration"]["Alarms"]
    assert {alarm["AlarmName"] for alarm in watched} == {a["Properties"]["AlarmName"] for a in alarms.values()}
    assert {alarm["Properties"]["MetricName"] for alarm in alarms.values()} == {
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "ModelLatency",
        "BadModelAnswers",
        "RolloutStopped",
    }
    [classify] = [
        function["Properties"]["Environment"]["Variables"]
        for function in each.resources("api", "AWS::Lambda::Function").values()
        if function["Properties"]["Handler"] == "lambda_src.classify.handler.handler"
    ]
    for alarm in alarms.values():
        dimensions = {d["Name"]: d["Value"] for d in alarm["Properties"]["Dimensions"]}
        # Metrics that the functions of the API and of promotions print.
        if alarm["Properties"]["MetricName"] in ("BadModelAnswers", "RolloutStopped"):
            own = {"service": classify["POWERTOOLS_SERVICE_NAME"], "environment": classify["ENVIRONMENT"]}
            assert (alarm["Properties"]["Namespace"], dimensions) == (classify["POWERTOOLS_METRICS_NAMESPACE"], own)
        else:
            assert dimensions == {"EndpointName": endpoint["EndpointName"], "VariantName": "champion"}
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching"
