"""Tests `rubric history`: everything that happened is told, in order, with who or what caused it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from contracts.ab_tests import record
from contracts.deployment import buckets
from ops.deployment.cloud import Cloud
from ops.history import reading
from ops.history.event import KINDS
from tests.unit.ops.conftest import BUCKET, register, run
from tests.unit.ops.datasets.world import World

MODEL, OTHER = "rubric-dev-20261120-000000-bbbb", "rubric-dev-20261119-000000-aaaa"
T0 = datetime(2026, 11, 20, tzinfo=UTC)
ALARM = "rubric-dev-rollback-Faults"
GENERATED = "Rubric-dev-Monitoring-AlarmsClassifyErrors0A1B2C3D-XYZ"


def uri(version: str) -> str:
    return f"s3://{BUCKET}/models/{version}/output/model.tar.gz"


def turn(number: int, **fields: Any) -> dict[str, Any]:
    at = (T0 + timedelta(hours=number)).timestamp()
    return {"execution": "arn:x:execution:promotion:one", "artifact_uri": uri(MODEL), "at": at, "ended": at + 60,
            "previous": uri(OTHER), "outcome": "served", **fields}  # fmt: skip


@pytest.fixture
def world(cloud: Cloud, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path)
    stacks = made.stacks()
    monkeypatch.setattr(Cloud, "stacks", stacks)
    return made


class History:
    """What CloudWatch and Step Functions say; moto has neither."""

    def __init__(self, client: Any, cloudwatch: list[dict[str, Any]], runs: list[dict[str, Any]]) -> None:
        self._client, self._alarms, self._runs = client, cloudwatch, runs

    def __call__(self, cloud: Cloud, name: str, **more: Any) -> Any:
        if name == "cloudwatch":
            pages = [{"AlarmHistoryItems": self._alarms}]
            return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: pages))
        if name == "stepfunctions":
            pages = [{"executions": self._runs}]
            described = {each["executionArn"]: each for each in self._runs}
            return SimpleNamespace(
                get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: pages),
                describe_execution=lambda executionArn: described[executionArn],
            )
        return self._client(cloud, name, **more)


def state(new: str, old: str) -> str:
    return json.dumps({"newState": {"stateValue": new, "stateReason": "1 datapoint"}, "oldState": {"stateValue": old}})


@pytest.fixture
def happened(world: World, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """One of each kind."""
    world.label("bank deal", "Business")
    s3, ssm = boto3.client("s3"), boto3.client("ssm")
    register(MODEL, evaluation={"accuracy": 0.9, "gate": {"passed": True, "reason": "accuracy 0.9."}})
    refused = {"gate": {"passed": False, "reason": "accuracy 0.4 is below."}, "champion": {"model_version": MODEL}}
    s3.put_object(Bucket=BUCKET, Key=buckets.evaluation("refused"), Body=json.dumps(refused).encode())
    test = {
        "test_id": "t1", "plan": {"mode": "replay"}, "champion": {"version": OTHER}, "challenger": {"version": MODEL},
        "by": "ada", "started_at": "2026-11-20T05:00:00.000Z", "ended_at": "2026-11-20T06:00:00.000Z",
        "ended_by": "the function", "verdict": "better", "reason": "more often right", "looks": [1, 2],
        "steps": [{"at": f"2026-11-20T0{at}:00.000Z", "what": what} for at, what in (
            ("5:00", "ada starts a replay"), ("5:30", "the challenger classifies 5 texts"), ("6:00", "it ends"))],
        "promoted": "",
    }  # fmt: skip
    for key in (record.archived("t1"), record.CURRENT):  # a step was killed between the two
        s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(test).encode())
    s3.put_object(Bucket=BUCKET, Key="ab/t1/texts/one.jsonl", Body=b"{}")
    decision = {"decision_id": "d1", "at": "2026-11-20T02:30:00.000Z", "by": "the machine", "outcome": "train",
                "decided_by": "rows", "reason": "it pays.", "model_version": OTHER, "run": "retrain-d1"}  # fmt: skip
    s3.put_object(Bucket=BUCKET, Key=f"{buckets.RETRAINING}1-d1.json", Body=json.dumps(decision).encode())
    gone = turn(1, by="arn:aws:iam::1:user/ada")
    s3.put_object(Bucket=BUCKET, Key=buckets.promotion(1), Body=json.dumps(gone).encode())
    turns = {
        1: gone,
        2: turn(2, by="arn:aws:states:us-east-1:1:execution:pipeline:run-7", outcome="taken back", reason="it rang"),
        3: turn(3, rollback=True, by=f"the alarm {ALARM}", artifact_uri=uri(OTHER), previous=uri(MODEL)),
        5: turn(5, execution="arn:x:execution:promotion:ab-t1", outcome=""),
        4: turn(4, execution="settling:request", reason="the parameter named x"),
    }
    for number in (1, 2, 3, 4, 5):
        name = f"/rubric/dev/promotions/{number:06d}"
        ssm.put_parameter(Name=name, Value=json.dumps(turns[number]), Type="String")
    alarms = [
        {"AlarmName": ALARM, "Timestamp": T0 + timedelta(minutes=1), "HistoryData": state("ALARM", "OK")},
        {"AlarmName": ALARM, "Timestamp": T0 + timedelta(minutes=5), "HistoryData": state("OK", "ALARM")},
        {"AlarmName": ALARM, "Timestamp": T0, "HistoryData": state("OK", "INSUFFICIENT_DATA")},
        {"AlarmName": GENERATED, "Timestamp": T0 + timedelta(minutes=7), "HistoryData": state("ALARM", "OK")},
        {"AlarmName": "somebody-elses", "Timestamp": T0, "HistoryData": state("ALARM", "OK")},
    ]
    runs = [
        {"executionArn": f"arn:{name}", "name": name, "startDate": T0, "stopDate": T0 + timedelta(minutes=9),
         "status": status, "input": json.dumps(given), **more}
        for name, status, given, more in (
            ("retrain-d1", "SUCCEEDED", {"fold_ledger": True, "decision": "d1"}, {}),
            ("by-hand", "FAILED", {"by": "ada", "dataset_uri": "s3://b/datasets/versions/v1/manifest.json"},
             {"error": "GateRefused", "cause": "below the minimum"}),
            ("by-rule", "RUNNING", {"source": "aws.events"}, {"stopDate": None}),
            ("by-console", "RUNNING", {}, {"stopDate": None}),
            ("by-deploy", "SUCCEEDED", {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID":
             "arn:aws:states:us-east-1:1:execution:rubric-dev-first-model:first-model-4c1d"},
             {"output": json.dumps({"nothing_new": True, "reason": "no label has come in"})}),
        )
    ]  # fmt: skip
    answers = History(Cloud.client, alarms, runs)

    def client(cloud: Cloud, name: str, **more: Any) -> Any:
        return answers(cloud, name, **more)

    monkeypatch.setattr(Cloud, "client", client)
    return cloud


def told(cloud: Cloud, *kinds: str) -> list[tuple[str, str]]:
    return [(event.what, event.by) for event in reading.read(cloud, kinds=kinds or KINDS)]


def test_promotions_and_rollbacks_are_told_once_with_who_asked(happened: Cloud) -> None:
    assert told(happened, "promotion", "rollback") == [
        (f"rolling out {MODEL} instead of {OTHER}", "arn:aws:iam::1:user/ada"),
        (f"{MODEL} serves", "arn:aws:iam::1:user/ada"),
        (f"rolling out {MODEL} instead of {OTHER}", "the training run run-7"),
        (f"{MODEL} was taken back, and {OTHER} serves: it rang", "the training run run-7"),
        (f"going back to {OTHER} instead of {MODEL}", f"the alarm {ALARM}"),
        (f"{OTHER} serves", f"the alarm {ALARM}"),
        (f"the approved model was set to {MODEL}, which serves: the parameter named x", "the reconciler"),
        (f"rolling out {MODEL} instead of {OTHER}", "the A/B test t1"),
    ]
    assert len(told(happened, "rollback")) == 2


def test_runs_verdicts_tests_decisions_and_alarms_are_told(happened: Cloud) -> None:
    assert told(happened, "alarm") == [
        ("RollbackFaults rings: 1 datapoint", "CloudWatch"),
        ("RollbackFaults has ended", "CloudWatch"),
        ("ClassifyErrors rings: 1 datapoint", "CloudWatch"),
    ]
    assert told(happened, "decision") == [("retraining: train, by the clause rows: it pays", "the machine")]
    assert told(happened, "test") == [
        (f"the test t1 (replay) of {MODEL} against {OTHER} began", "ada"),
        ("t1: the challenger classifies 5 texts", ""),
        ("the test t1 ended as better after 2 labels: more often right", "the function"),
    ]
    assert sorted(told(happened, "run")) == [
        ("training began", ""),
        ("training began", "the decision d1"),
        ("training began", "the machine rubric-dev-first-model"),
        ("training began", "the schedule"),
        ("training began on v1", "ada"),
        ("training ended: failed (below the minimum)", "ada"),
        ("training ended: nothing was trained (no label has come in)", "the machine rubric-dev-first-model"),
        ("training ended: succeeded", "the decision d1"),
    ]
    assert sorted(told(happened, "verdict")) == [
        ("refused was refused by the gate: accuracy 0.4 is below", f"the gate, against {MODEL}"),
        (f"{MODEL} passed the gate: accuracy 0.9", "the gate"),
    ]
    assert told(happened, "approval")[0] == (f"{MODEL} was registered as version 1", "fake-user-profile-name")


def test_everything_is_in_the_order_of_time_and_since_a_time(happened: Cloud) -> None:
    events = reading.read(happened)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert {event.kind for event in events} == set(KINDS) - {"dataset"}
    later = reading.read(happened, since=T0 + timedelta(hours=3))
    assert later and all(event.at >= T0 + timedelta(hours=3) for event in later)


def test_a_run_that_was_on_at_that_time_is_told_with_who_started_it(happened: Cloud) -> None:
    events = reading.read(happened, kinds=["run"], since=T0 + timedelta(minutes=5))
    assert sorted((event.what, event.by) for event in events) == [
        ("training ended: failed (below the minimum)", "ada"),
        ("training ended: nothing was trained (no label has come in)", "the machine rubric-dev-first-model"),
        ("training ended: succeeded", "the decision d1"),
    ]
    assert reading.read(happened, kinds=["run"], since=T0 + timedelta(minutes=10)) == []


def test_the_command_prints_a_table_and_what_is_missing(happened: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("history", "--since", "ever", "--kind", "rollback", "--kind", "run") == 0
    printed = capsys.readouterr()
    assert f"going back to {OTHER}" in printed.out and f"the alarm {ALARM}" in printed.out
    assert "Step Functions keeps a run for 90 days" in printed.err
    assert run("history", "--since", "2026-11-20", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {event["kind"] for event in shown} >= {"run", "alarm", "promotion", "rollback", "test", "decision"}


@pytest.mark.parametrize("option", [("--since", "soon"), ("--kind", "party")])
def test_what_it_cannot_use_it_refuses_in_a_line(
    happened: Cloud, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("history", *option) == 2
    assert "use" in capsys.readouterr().err


def test_without_a_training_stack_there_are_datasets_and_alarms(
    happened: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = happened.stacks
    monkeypatch.setattr(Cloud, "stacks", replace(stacks, by_part={"Data": stacks.by_part["Data"]}))
    assert {event.kind for event in reading.read(happened)} == {"alarm"}
