"""`rubric ab` against the function itself, in an environment in memory: both read the same calls and records."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from contracts.ab_tests import record
from lambda_src.ab_test import step
from ops.ab_tests import calls
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from tests.unit.lambda_src.ab_test import environment as worlds
from tests.unit.lambda_src.ab_test.environment import NEW, OLD
from tests.unit.lambda_src.ab_test.world import World
from tests.unit.ops.conftest import FakeStepFunctions, deployed, register, run, serve


@pytest.fixture
def world(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> World:
    """The champion gets every tenth text wrong, the challenger every fortieth; a minute passes with each step."""
    made = World(wrong={OLD: lambda number: number % 10 == 0, NEW: lambda number: number % 40 == 0})
    made.logs(range(1_000))
    # Powertools reads these when the module is imported.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "rubric-test")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Rubric")
    handler = importlib.import_module("lambda_src.ab_test.handler")
    for version in (OLD, NEW):
        register(version)
    serve(OLD)
    monkeypatch.setattr(handler, "_parts", lambda context: made.parts())
    monkeypatch.setattr(handler, "_settings", worlds.settings)
    stacks = deployed()
    training = stacks.by_part["Training"]
    outputs = {**training.outputs, "AbTestFunctionName": "ab-test"}
    changed = Stack(training.name, training.status, training.changed, outputs)
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={**stacks.by_part, "Training": changed}))
    real: Callable[..., Any] = Cloud.client

    class Function:
        def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
            event = json.loads(Payload)
            if event["action"] == "step":
                made.passes()
            context = worlds.context(function_name="ab-test", memory_limit_in_mb=1, invoked_function_arn="arn")
            answer = handler.handler(event, context)
            return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    monkeypatch.setattr(
        Cloud, "client", lambda self, name, **options: Function() if name == "lambda" else real(self, name)
    )
    monkeypatch.setattr(calls, "_PAUSE", 0.0)
    return made


def _labelled(world: World) -> None:
    """People label what the queue asks for, a few texts a minute, until the test has ended."""
    for _ in range(100):
        step.step(world.parts())
        if world.test()["phase"] == record.ENDED:
            return
        world.labels_asked(5)
        world.passes()
    raise AssertionError(world.test()["reason"])


def test_a_replay_from_its_start_to_the_promotion(
    world: World, sfn: FakeStepFunctions, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ab", "start", NEW, "--mode", "replay", "--yes") == 0
    shown = capsys.readouterr()
    assert "the challenger has answered 1000 texts" in shown.err
    assert "  running" in shown.out and "the models differ on 75 (7.5 %)" in shown.out
    assert "75 texts wait for a label" in shown.out
    assert world.test()["by"].startswith("arn:")
    _labelled(world)
    assert run("ab", "status") == 0
    shown = capsys.readouterr()
    assert "  better" in shown.out and "Serve it with: rubric ab promote" in shown.out
    assert run("ab", "promote") == 0
    assert len(world.promotions) == 1
    assert f"{NEW} is in use." in capsys.readouterr().err
    assert run("ab", "list") == 0
    assert "better, promoted" in capsys.readouterr().out


def test_a_live_test_that_is_stopped_leaves_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ab", "start", "2", "--mode", "live", "--share", "0.4", "--days", "1", "--yes") == 0
    world.passes()
    world.logs(range(2_000, 2_400), prefix="live")
    world.passes(minutes=10)
    step.step(world.parts())
    assert run("ab", "status") == 0
    shown = capsys.readouterr().out
    assert "challenger" in shown and "Split: " in shown and "as planned" in shown
    assert run("ab", "stop", "--yes") == 0
    assert "has ended." in capsys.readouterr().err
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}
    assert run("ab", "status") == 0
    assert "  stopped" in capsys.readouterr().out


def test_refusals_of_the_function_are_one_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.labels[NEW] = ["Business", "Sports"]
    assert run("ab", "start", NEW, "--mode", "replay", "--yes") == 1
    assert "The labels of the two models differ" in capsys.readouterr().err
    assert run("ab", "promote") == 1
    assert run("ab", "start", OLD, "--mode", "replay", "--yes") == 1
    assert "is the model that serves" in capsys.readouterr().err
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}
