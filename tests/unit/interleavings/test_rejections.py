"""Tests `rubric models reject` during promotions: no rejected model is rolled out, and no served one is rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambda_src.pipeline.promote import artifact, rollout
from ops.models import registry, rejection
from tests.unit.interleavings.promotions.exploring import rejections
from tests.unit.interleavings.promotions.installed import configured
from tests.unit.interleavings.promotions.run import Run
from tests.unit.interleavings.promotions.scenarios import SCENARIOS

# By scenario: at one in how many of its calls the rejection begins. All of them: tests/long/test_interleavings.py.
QUICK = {"two that work": 9, "the first fails": 11, "two at first": 9}


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    with configured():
        yield


@pytest.mark.parametrize("name", QUICK)
def test_a_rejection_and_a_promotion_at_the_same_time_see_one_another(name: str) -> None:
    runs = list(rejections(SCENARIOS[name], every=QUICK[name]))
    assert [(run.deviations, run.faults) for run in runs if run.faults] == []
    assert any(run.rejected for run in runs)


def test_a_promotion_that_waits_fails_for_a_model_that_was_rejected() -> None:
    plain = Run(SCENARIOS["two that work"])
    plain.run()
    [begun] = [number for number, call in enumerate(plain.calls) if call.operation == "update_stack"][:1]
    run = Run(SCENARIOS["two that work"], {begun + 1: "reject"})
    assert run.run() == []
    [first, second] = run.cloud.executions.values()
    assert (first.status, second.status, second.error) == ("SUCCEEDED", "FAILED", "RolloutFailed")
    assert second.cause == "b is Rejected: run `rubric models approve b` first"
    assert [each.split("/")[-3] for each in run.cloud.endpoint.history] == ["x", "a"]


# Each of these removes a guard, and the test must find the fault.


def _no_promotion_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "approved", lambda package, *, artifact_uri: None)


def _a_promotion_asks_only_before_it_sets_the_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    real = rollout._require_approval

    def ask(turn: Any, promotion: Any, parts: Any) -> None:
        if parts.approved.get() != turn.artifact_uri:
            real(turn, promotion, parts)

    monkeypatch.setattr(rollout, "_require_approval", ask)


def _a_rejection_looks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real = rejection._use

    def look(cloud: Any, model: Any) -> str:
        rejected = registry._model(cloud, model.arn).approval == registry.REJECTED
        return "" if rejected else real(cloud, model)

    monkeypatch.setattr(rejection, "_use", look)


def _a_rejection_looks_at_the_parameter_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(cloud: Any, model: Any) -> str:
        return "is in use" if registry.approved_uri(cloud) == model.artifact_uri else ""

    monkeypatch.setattr(rejection, "_use", look)


@pytest.mark.parametrize("name", ["two that work", "two at first"])
@pytest.mark.parametrize(
    "take_away",
    [
        _no_promotion_asks,
        _a_promotion_asks_only_before_it_sets_the_parameter,
        _a_rejection_looks_once,
        _a_rejection_looks_at_the_parameter_alone,
    ],
)
def test_without_one_of_the_guards_a_rejected_model_is_found_out(
    monkeypatch: pytest.MonkeyPatch, take_away: Callable[[pytest.MonkeyPatch], None], name: str
) -> None:
    take_away(monkeypatch)
    assert any(run.faults for run in rejections(SCENARIOS[name]))
