"""Tests rubric status: the deployed stacks, the served model and the ringing alarms."""

import json

import boto3

from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stacks
from ops.monitoring import status
from tests.unit.ops.conftest import ROOT, VERSION, deployed, make_endpoint, register, run, serve


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


def test_an_environment_that_asks_bedrock_is_healthy_without_an_endpoint(cloud, monkeypatch, capsys, tmp_path):
    (tmp_path / "environments").mkdir()
    text = (ROOT / "environments" / "dev.yaml").read_text(encoding="utf-8")
    bedrock = "{model_id: amazon.nova-lite-v1:0, labels: [Business, Health]}"
    text += f"\nclassifier: {{backend: bedrock, bedrock: {bedrock}}}\n"
    (tmp_path / "environments" / "dev.yaml").write_text(text, encoding="utf-8")
    parts = {part: stack for part, stack in deployed().by_part.items() if part not in ("Training", "Serving")}
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part=parts))
    now = status.read(Cloud("dev", root=tmp_path))
    assert now.healthy and now.bedrock_model == "amazon.nova-lite-v1:0"
    ring("Rubric-dev-Monitoring-Api5xx")
    assert not status.read(Cloud("dev", root=tmp_path)).healthy
