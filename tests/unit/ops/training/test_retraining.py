"""Tests `rubric retrain`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from contracts.retraining import decision
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from ops.errors import FAILED, USAGE, OpsError
from ops.main import app
from tests.unit.lambda_src.retrain import test_decide
from tests.unit.ops.conftest import FakeStepFunctions, deployed

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:retraining"
OUTPUT = {"decision_id": "d", "outcome": "train", "reason": "ana asks for it.", "run": "retrain-d"}


class Lambda:
    """The function that decides."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.error = ""
        self.asked: list[str] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == "retrain"
        action = json.loads(Payload)["action"]
        self.asked.append(action)
        if self.error:
            body = json.dumps({"errorMessage": self.error}).encode()
            return {"Payload": io.BytesIO(body), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(self.answers[action]).encode())}


@pytest.fixture
def function(cloud: Cloud, sfn: FakeStepFunctions, monkeypatch: pytest.MonkeyPatch) -> Lambda:
    stacks, made = deployed(), Lambda()
    training = stacks.by_part["Training"]
    outputs = {**training.outputs, "RetrainFunctionName": "retrain", "RetrainingArn": MACHINE}
    changed = Stack(training.name, training.status, training.changed, outputs)
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={**stacks.by_part, "Training": changed}))
    real: Callable[..., Any] = Cloud.client

    def client(self: Cloud, name: str, **options: Any) -> Any:
        if name != "lambda":
            return real(self, name)
        assert options["config"].read_timeout > 900
        return made

    monkeypatch.setattr(Cloud, "client", client)
    sfn.steps = [{"status": "RUNNING"}, {"status": "SUCCEEDED", "output": json.dumps(OUTPUT)}]
    monkeypatch.setattr("ops.training.retraining._POLL_SECONDS", 0.0)
    return made


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["retrain", *arguments], input=answer, terminal_width=240)


def refused(result: Result, *, status: int) -> str:
    assert isinstance(result.exception, OpsError) and result.exception.status == status
    return str(result.exception)


def test_an_explanation_has_every_clause_and_the_one_that_decides(function: Lambda, sfn: FakeStepFunctions) -> None:
    function.answers["explain"] = test_decide.made()
    said = run("--explain")
    assert said.exit_code == 0
    for name in (*decision.REASONS, *decision.CONDITIONS):
        assert name in said.stdout
    assert "rows decides" in said.stdout and "$30.00" in said.stdout
    assert sfn.started == []
    assert json.loads(run("--explain", "--json").stdout) == function.answers["explain"]


def test_a_backtest_says_when_the_rule_would_have_fired(function: Lambda) -> None:
    days = [
        test_decide.made(at="2026-11-20T23:59:59.999Z", gain=None, no_gain="few"),
        test_decide.made(at="2026-11-21T23:59:59.999Z"),
    ]
    function.answers["backtest"] = {"decisions": days, "complete": False}
    said = run("--backtest")
    assert "1 of 2 days: 2026-11-21" in said.stdout
    assert "not known" in said.stdout and "+2.0" in said.stdout and "newest are missing" in said.stdout
    function.answers["backtest"] = {"decisions": [], "complete": True}
    assert "nothing to decide on" in run("--backtest").stdout


def test_a_person_s_run_is_asked_for_in_their_name(function: Lambda, sfn: FakeStepFunctions) -> None:
    said = run("--yes")
    assert said.exit_code == 0 and "retrain-d" in said.output
    [started] = sfn.started
    assert started["stateMachineArn"] == MACHINE
    assert started["input"]["cause"] == decision.PERSON
    assert started["input"]["by"].startswith("arn:aws:")
    assert function.asked == []


def test_without_yes_it_asks_first_and_starts_nothing_without_an_answer(
    function: Lambda, sfn: FakeStepFunctions
) -> None:
    function.answers["explain"] = test_decide.made()
    said = run()
    assert "$2.00" in said.output and "--yes" in refused(said, status=USAGE)
    assert sfn.started == []


def test_a_run_that_has_to_wait_is_an_error_in_one_line(function: Lambda, sfn: FakeStepFunctions) -> None:
    waits = {**OUTPUT, "outcome": "wait", "reason": "The training run x is on.", "run": ""}
    sfn.steps = [{"status": "SUCCEEDED", "output": json.dumps(waits)}]
    said = refused(run("--yes"), status=FAILED)
    assert "The training run x is on." in said and "\n" not in said


def test_a_failure_says_why(function: Lambda, sfn: FakeStepFunctions) -> None:
    sfn.steps = [{"status": "FAILED", "error": "RunNotStarted", "cause": "access is denied"}]
    assert "access is denied" in refused(run("--yes"), status=FAILED)
    function.error = "the ledger has another layout"
    assert "another layout" in refused(run("--explain"), status=FAILED)


def test_one_thing_at_a_time(function: Lambda) -> None:
    assert "only one" in refused(run("--yes", "--explain"), status=USAGE)
