"""Tests `rubric ab`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.ab_tests import calls
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from tests.unit.ops.ab_tests.records import BEHAVIOUR, NASTY, SPLIT, TEST_ID, ended, running
from tests.unit.ops.conftest import ROOT, FakeStepFunctions, deployed, run
from tests.unit.ops.promoted_models import NEW, OLD, serve_the_newer_of_two

NOTHING = {"status": "none", "reason": "no test was made yet", "test": None}


def answer(test: dict[str, Any]) -> dict[str, Any]:
    return {"status": test["phase"], "reason": test["reason"], "test": test}


class Function:
    """The function, which answers each action from a script; the last answer stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[dict[str, Any]]] = {"status": [NOTHING]}
        self.asked: list[dict[str, Any]] = []
        self.error = ""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == "ab-test"
        self.asked.append(json.loads(Payload))
        if self.error:
            body = json.dumps({"errorMessage": self.error}).encode()
            return {"Payload": io.BytesIO(body), "FunctionError": "Unhandled"}
        script = self.answers[self.asked[-1]["action"]]
        found = script.pop(0) if len(script) > 1 else script[0]
        return {"Payload": io.BytesIO(json.dumps(found).encode())}

    def of(self, action: str) -> list[dict[str, Any]]:
        return [each for each in self.asked if each["action"] == action]


@pytest.fixture
def function(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Function:
    """The environment with two models, the newer one serving."""
    serve_the_newer_of_two()
    scripted = Function()
    stacks = deployed()
    training = stacks.by_part["Training"]
    outputs = {**training.outputs, "AbTestFunctionName": "ab-test"}
    changed = Stack(training.name, training.status, training.changed, outputs)
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={**stacks.by_part, "Training": changed}))
    real: Callable[..., Any] = Cloud.client

    def client(self: Cloud, name: str, **options: Any) -> Any:
        if name != "lambda":
            return real(self, name)
        assert options["config"].read_timeout > 300
        return scripted

    monkeypatch.setattr(Cloud, "client", client)
    monkeypatch.setattr(calls, "_PAUSE", 0.0)
    return scripted


def test_a_start_says_what_it_takes_and_shows_each_step(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    first = running(phase="starting")
    later = {**first, "steps": [*first["steps"], {"at": "2026-11-20T21:36:00.000Z", "what": "the model is there"}]}
    function.answers["start"] = [answer(first)]
    function.answers["step"] = [answer(later), answer({**later, "phase": "classifying"}), answer(running("nno.."))]
    assert run("ab", "start", "1", "--mode", "replay", "--labels", "50", "--yes") == 0
    shown = capsys.readouterr()
    assert f"{OLD} classifies the 20,000 newest logged texts" in shown.err
    assert "It asks for at most 50 labels and ends after" in shown.err
    assert f"The test {TEST_ID} has begun." in shown.err
    assert shown.err.count("the model is there") == 1
    assert f"{TEST_ID}  running" in shown.out and "Of 3 labels, 2 are the challenger's answer" in shown.out
    assert "2 texts wait for a label" in shown.out
    assert "or GET /v1/queue." in " ".join(shown.out.split())  # which has no parameter for the sample
    started = function.of("start")[0]
    assert started.pop("by").startswith("arn:")
    assert started == {"action": "start", "version": OLD, "mode": "replay", "labels": 50}


def test_a_challenger_that_fails_to_come_up_is_an_error(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    function.answers["start"] = [answer(running(phase="starting"))]
    reason = "the challenger could not be started: no capacity"
    function.answers["step"] = [
        answer(running(phase="ending", verdict="failed")),
        answer(ended("failed", "", reason=reason)),
    ]
    assert run("ab", "start", OLD, "--mode", "live", "--yes") == 1
    assert reason.removeprefix("the") in capsys.readouterr().out


def test_without_consent_nothing_begins(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ab", "start", "1", "--mode", "live") == 2
    assert "add --yes to continue" in capsys.readouterr().err
    assert function.of("start") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nope", "--mode", "replay"), "There is no model 'nope' in the registry"),
        (("1", "--mode", "both"), "--mode 'both' is not known: use replay or live"),
        (("1", "--mode", "live", "--goal", "equal"), "--goal 'equal' is not known: use better or not-worse"),
        (("1", "--mode", "replay", "--share", "0.1"), "--share is of a live test"),
        (("1", "--mode", "replay", "--days", "400"), "--days 400 is not between 0 and"),
        (("1", "--mode", "live", "--share", "0.9"), "less than or equal to 0.5"),
    ],
)
def test_bad_input_is_said_before_anything_is_asked(
    function: Function, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run("ab", "start", *arguments, "--yes") in (2, 3)
    assert said in capsys.readouterr().err
    assert function.of("start") == []


def test_a_live_test_of_a_model_that_may_sleep_is_refused_before_the_question(
    function: Function, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = Cloud("dev", root=ROOT).settings
    serving = dev.serving.model_copy(update={"min_instances": 0})
    monkeypatch.setattr(Cloud, "settings", dev.model_copy(update={"serving": serving}))
    assert run("ab", "start", "1", "--mode", "live") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "A live test's champion must not sleep, and serving.min_instances is 0 in dev: use --mode replay" in said
    assert function.asked == []
    function.answers["start"] = [answer(running())]
    assert run("ab", "start", "1", "--mode", "replay", "--yes", "--no-follow") == 0


def test_a_second_test_is_refused_before_the_question(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    function.answers["status"] = [answer(running())]
    assert run("ab", "start", "1", "--mode", "live", "--yes") == 1
    assert f"The test {TEST_ID} of {NEW} runs already" in capsys.readouterr().err
    assert function.of("start") == []


def test_what_the_function_refuses_is_one_line(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    reason = "the labels of the two models differ, so they cannot be compared: only new has Sports"
    function.answers["start"] = [{"status": "refused", "reason": reason, "test": None}]
    assert run("ab", "start", "1", "--mode", "live", "--yes") == 1
    assert "The labels of the two models differ" in capsys.readouterr().err
    function.error = "AccessDenied"
    assert run("ab", "status") == 1
    assert "The call failed: AccessDenied" in capsys.readouterr().err


def test_status_in_all_its_forms(function: Function, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("ab", "status") == 3
    assert "No A/B test was made yet" in capsys.readouterr().err
    test = running("nnox..", mode="live", behaviour=BEHAVIOUR, split=SPLIT, steps=[{"at": "2026-11-20", "what": NASTY}])
    function.answers["status"] = [answer(test)]
    assert run("ab", "status") == 0
    shown = capsys.readouterr().out
    assert "Evidence after each label" in shown and "oox" in shown
    assert "NOT as planned" in shown and "\x1b" not in shown
    assert "1,000 texts compared, the models differ on 6 (0.6 %); 4 of at most 300 labels" in shown
    assert run("ab", "status", TEST_ID, "--json") == 0
    assert json.loads(capsys.readouterr().out) == test
    assert function.asked[-1] == {"action": "status", "test_id": TEST_ID}
    file = tmp_path / "test.html"
    assert run("ab", "status", "--html", str(file)) == 0
    assert "<svg" in file.read_text("utf-8")
    assert run("ab", "status", "--html", str(file), "--json") == 2


def test_a_test_of_not_worse_says_what_it_usually_takes(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    function.answers["status"] = [answer(running("no" + "." * 58, goal="not-worse"))]
    assert run("ab", "status") == 0
    # Half of such tests took 69 labels in a simulation with a margin of 2 points; here it is half a point.
    assert "If the models are equally good, about 1,180 labels usually decide" in capsys.readouterr().out


def test_stop_waits_until_all_is_deleted(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ab", "stop", "--yes") == 1
    assert "No A/B test runs" in capsys.readouterr().err
    function.answers["status"] = [answer(running())]
    function.answers["stop"] = [answer(running(phase="ending", verdict="stopped"))]
    function.answers["step"] = [answer(ended("stopped", ""))]
    assert run("ab", "stop", "--yes") == 0
    assert f"The test {TEST_ID} has ended." in capsys.readouterr().err
    assert function.of("stop")[0]["by"].startswith("arn:")


def test_promote_follows_the_ordinary_promotion(
    function: Function, sfn: FakeStepFunctions, capsys: pytest.CaptureFixture[str]
) -> None:
    function.answers["promote"] = [answer(ended("better", promoted="arn:execution:1"))]
    assert run("ab", "promote") == 0
    assert f"{NEW} is in use." in capsys.readouterr().err
    sfn.steps = [{"status": "FAILED", "cause": "An alarm rang."}]
    assert run("ab", "promote", TEST_ID) == 1
    assert "was not rolled out: An alarm rang." in capsys.readouterr().err
    function.answers["promote"] = [answer(ended("better", promoted="by-approval"))]
    assert run("ab", "promote") == 0
    assert "is approved; its rollout starts automatically" in capsys.readouterr().err


def test_a_won_test_says_how_to_serve_its_model(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    function.answers["status"] = [answer(ended("better"))]
    assert run("ab", "status") == 0
    assert f"Serve it with: rubric ab promote {TEST_ID}" in capsys.readouterr().out
    function.answers["status"] = [answer(ended("labels-spent", "nono"))]
    assert run("ab", "status") == 0
    assert "The champion stays." in capsys.readouterr().out


def test_list(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    function.answers["list"] = [{"status": "listed", "reason": "", "tests": []}]
    assert run("ab", "list") == 0
    assert "No A/B test was made yet" in capsys.readouterr().err
    function.answers["list"][0]["tests"] = [ended("better", promoted="arn:execution:1"), ended("worse")]
    function.answers["status"] = [answer(running("n", test_id="20261122-000000-aaaa"))]
    assert run("ab", "list") == 0
    shown = capsys.readouterr().out
    assert shown.index("20261122-000000-aaaa") < shown.index("better, promoted") < shown.index("worse")
    assert "anna" in shown
    assert run("ab", "list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 3
