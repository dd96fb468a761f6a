"""rubric status: what is deployed, what serves, and what rings."""

import json

import boto3

from ops.monitoring import status
from tests.unit.ops.conftest import VERSION, make_endpoint, register, run, serve


def test_status_shows_what_serves_where_that_is_not_what_is_approved(cloud, monkeypatch, capsys):
    older = "rubric-dev-20261119-000000-aaaa"
    serve(VERSION)
    uri = f"s3://artifacts/models/{older}/output/model.tar.gz"
    monkeypatch.setattr("ops.models.promotions.serving_uri", lambda _: uri)
    assert run("status", "--json") == 0
    now = json.loads(capsys.readouterr().out)
    assert (now["model_version"], now["serving_version"], now["healthy"]) == (VERSION, older, False)
    assert run("status", "--check") == 1
    assert f"Serving   {older}, not the approved model" in capsys.readouterr().out


def ring(name: str) -> None:
    cloudwatch = boto3.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        MetricName="m",
        Namespace="n",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Statistic="Sum",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="two errors")


def test_status_of_a_healthy_environment(cloud, capsys):
    make_endpoint()
    register(VERSION, accuracy=0.92)
    serve(VERSION)
    assert run("status", "--json", "--check") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["healthy"] is True and printed["endpoint_status"] == "InService"
    assert printed["model_version"] == VERSION and printed["accuracy"] == 0.92 and printed["alarms"] == []
    assert run("status") == 0
    assert "none ringing" in capsys.readouterr().out


def test_a_ringing_alarm_is_shown_and_fails_the_check(cloud, capsys):
    make_endpoint()
    ring("Rubric-dev-Monitoring-Api5xx")
    ring("Rubric-prod-Monitoring-Api5xx")
    assert run("status", "--check") == 1
    printed = capsys.readouterr().out
    assert "Rubric-dev-Monitoring-Api5xx: two errors" in printed and "prod" not in printed


def test_a_missing_endpoint_and_an_unregistered_model_are_said(cloud):
    serve(VERSION)
    now = status.read(cloud)
    assert now.endpoint_status == "missing" and now.model_version == VERSION
    assert now.accuracy is None and not now.healthy
