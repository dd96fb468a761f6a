"""Tests rubric cost: totals, the log's traffic, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.prices import snapshot
from tests.unit.ops.changes.assemblies import written
from tests.unit.ops.conftest import run
from tests.unit.ops.cost import made
from tests.unit.ops.cost.made import MONITORING, SERVING, resource, template


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    alarm = resource("AWS::CloudWatch::Alarm", Namespace="AWS/Lambda", MetricName="Errors")
    endpoint = template(Endpoint=resource("AWS::SageMaker::Endpoint"), Role=resource("AWS::IAM::Role"))
    return written(tmp_path / "assembly", {SERVING: endpoint, MONITORING: template(Alarm=alarm)})


def test_it_shows_totals_with_what_is_unknown(
    assembly: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made.prices(monkeypatch, cloudwatch__alarm=0.25)
    assert run("cost", "--assembly", str(assembly), "--all") == 0
    shown = capsys.readouterr().out
    assert shown.count("0.25 + unknown") == 3
    assert "Not in it, because their prices are unknown: sagemaker.hosting.ml.c7i.large." in shown
    assert "cloudwatch.alarm: 2026-11-01, a test, https://example.org" in shown
    assert "AWS::IAM::Role" in shown


def test_json_has_every_resource_with_its_price_and_source(
    assembly: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made.prices(monkeypatch, cloudwatch__alarm=0.25)
    assert run("cost", "--assembly", str(assembly), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["usd_a_month"] == {"low": 0.25, "expected": 0.25, "high": 0.25}
    assert found["unknown"] == {"sagemaker.hosting.ml.c7i.large": 1}
    by_name = {each["resource"]: each for each in found["resources"]}
    assert by_name["Alarm"]["charges"][0]["date"] == "2026-11-01"
    assert (by_name["Role"]["kind"], by_name["Endpoint"]["charges"][0]["price_usd"]) == ("free", None)


def test_a_snapshot_older_than_a_year_is_refused(
    assembly: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(snapshot, "DATE", "2020-01-01")
    assert run("cost", "--assembly", str(assembly)) == 1
    captured = capsys.readouterr()
    assert captured.err == "rubric: The prices are of 2020-01-01, more than a year ago: renew them (make prices)\n"
    assert not captured.out


def test_a_type_without_a_price_line_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "a", {SERVING: template(Bus=resource("AWS::Events::EventBus"))})
    assert run("cost", "--assembly", str(folder)) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("rubric: AWS::Events::EventBus (Bus of Rubric-dev-Serving) has no price line")
    assert not captured.out


def test_an_assembly_without_the_environment_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "a", {"Rubric-prod-Serving": template()})
    assert run("cost", "--assembly", str(folder)) == 3
    assert "The assembly has no stack of 'dev'" in capsys.readouterr().err
