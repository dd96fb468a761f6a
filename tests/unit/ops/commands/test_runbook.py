"""Tests rubric runbook: the list, a page with an environment's names, and a page without AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from ops.monitoring import runbooks
from tests.unit.ops.conftest import ROOT, deployed, run
from tests.unit.ops.monitoring.test_status import ring

ALARM = "Rubric-dev-Monitoring-AlarmsRedriveErrors0A1B2C3D-XYZ"
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/waiting"
FUNCTIONS: dict[str, dict[str, Any]] = {
    "redrive-1": {"Handler": "lambda_src.redrive.handler.handler", "LoggingConfig": {"LogGroup": "RedriveLogs"}},
    "gate-1": {"Handler": "lambda_src.pipeline.gate.handler.handler"},
    "cdk-1": {"Handler": "index.handler"},
}


class FakeLambda:
    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:
        return {"FunctionName": FunctionName, **FUNCTIONS[FunctionName]}


class FakeCloudFormation:
    """Lists the functions in the Api stack and a queue in the Training stack."""

    def get_paginator(self, operation: str) -> FakeCloudFormation:
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:
        functions = [
            {"ResourceType": "AWS::Lambda::Function", "LogicalResourceId": name, "PhysicalResourceId": name}
            for name in FUNCTIONS
        ]
        queue = {
            "ResourceType": "AWS::SQS::Queue",
            "LogicalResourceId": "RulesUndelivered9F2D",
            "PhysicalResourceId": "https://sqs/undelivered",
        }
        found = {"Rubric-dev-Api": functions, "Rubric-dev-Training": [queue]}[StackName]
        return [{"StackResourceSummaries": found[:1]}, {"StackResourceSummaries": found[1:]}]


@pytest.fixture
def environment(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """dev, with functions and queues."""
    fakes = {"lambda": FakeLambda(), "cloudformation": FakeCloudFormation()}
    real = Cloud.client
    monkeypatch.setattr(Cloud, "client", lambda self, name: fakes.get(name) or real(self, name))
    parts = deployed().by_part
    api = Stack("Rubric-dev-Api", "CREATE_COMPLETE", "2026-11-20T00:00:00+00:00", {"LogDeadLettersUrl": QUEUE})
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={**parts, "Api": api}))
    return cloud


def test_the_list_has_each_alarm_with_its_meaning_and_needs_no_aws(monkeypatch, capsys):
    monkeypatch.setattr(Cloud, "client", None)
    assert run("runbook") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Alarm", "Meaning"]
    assert len(lines) == 1 + len(runbooks.pages(ROOT)) > 60
    assert any(line.startswith("Api5xx ") and line.rstrip().endswith(" The API returns 5xx errors.") for line in lines)
    assert run("runbook", "--json") == 0
    assert {"alarm": "Api5xx", "meaning": "The API returns 5xx errors."} in json.loads(capsys.readouterr().out)


def test_a_page_has_the_environment_s_names_and_the_alarm_s_state(environment, capsys):
    ring(ALARM)
    assert run("runbook", ALARM) == 0
    output = capsys.readouterr()
    assert output.err == "" and runbooks.placeholders(output.out) == []
    lines = output.out.splitlines()
    assert lines[0] == "# RedriveErrors" and lines[2] == ALARM
    assert lines[3].startswith("ALARM since 20") and lines[3].endswith(": two errors")
    assert any(line.startswith('aws logs tail "RedriveLogs" --since 1h ') for line in lines)
    assert any('--function-name "redrive-1"' in line for line in lines)
    assert any(f'--queue-url "{QUEUE}"' in line for line in lines)


def test_an_alarm_that_is_quiet_or_not_deployed_is_shown_too(environment, capsys):
    assert run("runbook", "RuleUndelivered") == 0
    output = capsys.readouterr()
    assert output.out.startswith("# RuleUndelivered\n\n## What it means\n")
    assert '--queue-url "https://sqs/undelivered"' in output.out


def test_the_page_as_json(environment, capsys):
    ring(ALARM)
    assert run("runbook", "RedriveErrors", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["alarm"], printed["problem"]) == ("RedriveErrors", "")
    assert printed["deployed"]["name"] == ALARM and printed["deployed"]["value"] == "ALARM"
    assert "redrive-1" in printed["page"]


def test_a_function_without_a_log_group_of_its_own_has_lambda_s(environment):
    from ops.monitoring.runbook_names import Names

    assert Names(environment).of(["log group gate", "function gate"]) == {
        "log group gate": "/aws/lambda/gate-1",
        "function gate": "gate-1",
    }


def test_what_is_not_deployed_keeps_its_placeholder_and_is_said(environment, capsys):
    assert run("runbook", "DriftErrors") == 0
    output = capsys.readouterr()
    assert output.err == "Some names are missing: No function drift is deployed in 'dev'\n"
    assert "rubric --env dev drift" in output.out and '"<function drift>"' in output.out


def test_without_aws_the_page_is_shown_with_placeholders(cloud, monkeypatch, capsys):
    def silent(*_: object) -> object:
        raise EndpointConnectionError(endpoint_url="https://cloudformation.us-east-1.amazonaws.com")

    monkeypatch.setattr(Cloud, "client", silent)
    assert run("runbook", "RedriveErrors") == 0
    output = capsys.readouterr()
    assert "does not answer" in output.err and len(output.err.splitlines()) == 1
    assert '"<function redrive>"' in output.out and "rubric --env dev" not in output.out.partition("##")[0]


def test_an_unknown_alarm_is_refused_in_a_line(capsys):
    assert run("runbook", "ClasifyErrors") == 3
    assert capsys.readouterr().err.startswith("rubric: There is no alarm ClasifyErrors: did you mean ClassifyErrors")
