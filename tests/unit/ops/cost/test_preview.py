"""A line for each resource; what is unknown is in no total, and said beside it."""

from __future__ import annotations

import pytest

from ops.cost import preview, traffic
from ops.cost.amounts import Amounts
from ops.cost.lines import Line
from ops.cost.preview import Preview
from ops.cost.traffic import DAYS, HOURS
from ops.errors import OpsError
from tests.unit.ops.cost import made
from tests.unit.ops.cost.made import API, MONITORING, SERVING, TRAINING, resource, template

HOST = "sagemaker.hosting.ml.c7i.large"


def one(line: Preview, name: str) -> Line:
    [found] = [each for each in line.lines if each.resource == name]
    return found


def test_an_instance_that_is_always_on_costs_every_hour_of_the_month(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, sagemaker__hosting__ml__c7i__large=0.5)
    found = preview.of(
        made.settings(),
        {SERVING: template(Endpoint=resource("AWS::SageMaker::Endpoint"))},
        traffic=made.traffic(0, 10, 20),
    )
    assert found.usd == Amounts(0.5 * HOURS, 0.5 * HOURS, 0.5 * HOURS)
    assert not found.unknown


def test_a_price_that_is_unknown_is_in_no_total_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, cloudwatch__alarm=0.1)
    templates = {
        SERVING: template(Endpoint=resource("AWS::SageMaker::Endpoint")),
        MONITORING: template(Alarm=resource("AWS::CloudWatch::Alarm", Namespace="AWS/Lambda", MetricName="Errors")),
    }
    found = preview.of(made.settings(), templates, traffic=made.traffic(0, 10, 20))
    assert found.usd == Amounts(0.1, 0.1, 0.1)
    assert found.unknown == {HOST: 1}
    assert one(found, "Endpoint").unknown == (HOST,)


def test_instances_that_autoscaling_may_add_are_in_the_high_figure_only(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, sagemaker__hosting__ml__c7i__large=1.0)
    scaled = made.settings(
        serving__min_instances=2, serving__max_instances=5, serving__target_invocations_per_instance=10
    )
    templates = {SERVING: template(Endpoint=resource("AWS::SageMaker::Endpoint"))}
    found = preview.of(scaled, templates, traffic=made.traffic(0, 3 * 10 * 1440, 3 * 10 * 1440))
    assert found.usd == Amounts(2 * HOURS, 3 * HOURS, 5 * HOURS)


def test_requests_pay_for_the_gateway_the_functions_and_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(
        monkeypatch,
        apigateway__http_requests=1e-6,
        lambda__requests=2e-7,
        lambda__duration_arm=1e-5,
        cloudwatch__logs_ingested=0.5,
    )
    handler = resource(
        "AWS::Lambda::Function",
        Handler="lambda_src.classify.handler.handler",
        MemorySize=1024,
        Architectures=["arm64"],
    )
    templates = {
        API: template(
            HttpApi=resource("AWS::ApiGatewayV2::Api"),
            ClassifyFunction=handler,
            ClassifyLogs=resource("AWS::Logs::LogGroup"),
        )
    }
    found = preview.of(made.settings(), templates, traffic=made.traffic(0, 1000, 2000))
    assert one(found, "HttpApi").usd == Amounts(0.0, 1000 * DAYS * 1e-6, 2000 * DAYS * 1e-6)
    expected = 1000 * DAYS * (2e-7 + 0.03 * 1e-5)
    assert one(found, "ClassifyFunction").usd.expected == pytest.approx(expected)
    assert one(found, "ClassifyLogs").usd.expected == pytest.approx(1000 * DAYS * 1e-6 * 0.5)


def test_a_schedule_pays_for_what_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, lambda__requests=1.0, lambda__duration=0.0001)
    templates = {
        TRAINING: template(
            Drift=resource("AWS::Lambda::Function", Handler="lambda_src.drift.handler.handler", MemorySize=1024),
            Hourly=resource(
                "AWS::Events::Rule",
                ScheduleExpression="rate(1 hour)",
                State="ENABLED",
                Targets=[{"Arn": {"Fn::GetAtt": ["Drift", "Arn"]}}],
            ),
        )
    }
    found = preview.of(made.settings(), templates, traffic=made.traffic(0, 0, 0))
    assert one(found, "Drift").usd.low == pytest.approx(HOURS * (1.0 + 0.1 * 0.0001))
    assert one(found, "Hourly").kind == "free"


def test_scheduled_training_is_priced_and_by_use_without_a_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, sagemaker__training__ml__g5__xlarge=2.0, states__transitions=0.0)
    machine = resource("AWS::StepFunctions::StateMachine")
    rule = resource(
        "AWS::Events::Rule", ScheduleExpression="rate(7 days)", Targets=[{"Arn": {"Ref": "PipelineMachine"}}]
    )
    scheduled = preview.of(
        made.settings(training__max_runtime_minutes=60),
        {TRAINING: template(PipelineMachine=machine, Weekly=rule)},
        traffic=made.traffic(0, 0, 0),
    )
    assert one(scheduled, "PipelineMachine").usd.high == pytest.approx(DAYS / 7 * 2.0)
    alone = preview.of(made.settings(), {TRAINING: template(PipelineMachine=machine)}, traffic=made.traffic(0, 0, 0))
    assert one(alone, "PipelineMachine").kind == "use"


def test_a_type_without_a_price_line_is_refused_in_a_sentence() -> None:
    templates = {API: template(Bus=resource("AWS::Events::EventBus"))}
    with pytest.raises(OpsError) as refused:
        preview.of(made.settings(), templates, traffic=made.traffic(0, 0, 0))
    assert str(refused.value) == (
        "AWS::Events::EventBus (Bus of Rubric-dev-Api) has no price line: add one to ops/cost/charges/table.py"
    )


def test_metrics_of_ours_are_counted_once_however_many_alarms_watch_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, cloudwatch__alarm=0.0, cloudwatch__metric=0.3)
    ours = {"Namespace": "Rubric", "MetricName": "Late", "Dimensions": [{"Name": "environment", "Value": "dev"}]}
    templates = {
        MONITORING: template(
            One=resource("AWS::CloudWatch::Alarm", **ours),
            Two=resource("AWS::CloudWatch::Alarm", **ours),
            Free=resource("AWS::CloudWatch::Alarm", Namespace="/aws/sagemaker/Endpoints", MetricName="CPUUtilization"),
        )
    }
    found = preview.of(made.settings(), templates, traffic=made.traffic(0, 0, 0))
    assert found.usd.expected == pytest.approx(0.3)


def test_without_traffic_the_settings_say_so() -> None:
    counted = traffic.of_settings(made.settings(cost__requests_per_day=None))
    assert counted.requests.nothing
    assert "cost.requests_per_day is not set" in counted.origin
