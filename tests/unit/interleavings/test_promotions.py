"""Tests promotions exhaustively, with one failure before any call that changes something.

Once nothing runs, the parameter names the served model, and a model that was reported as a success has served.
Failures anywhere, and two at once: tests/long/test_interleavings.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_src.pipeline.promote import dal, logic, parts, reconciler, rollout, stuck, turns
from lambda_src.pipeline.promote.turns import Turn
from ops.models import promotions
from tests.unit.interleavings.fakes.cloud import RINGS_AFTER, ROLLOUT_ID, TAKEN_BACK_AFTER
from tests.unit.interleavings.promotions.exploring import explore, possible
from tests.unit.interleavings.promotions.installed import configured
from tests.unit.interleavings.promotions.run import Run
from tests.unit.interleavings.promotions.scenarios import SCENARIOS

# By scenario: one in how many deviations is tried.
QUICK = {
    "the first fails": 1,
    "an approval whose event comes twice": 1,
    "the first of all": 1,
    "two at first": 2,
    "a rollback while a bad one rolls out": 5,
    "a rollback while a long one rolls out": 3,
    "an alarm that rings for a model that was not tested": 2,
    "a stack that is stuck": 11,
}


# A rollback stops what rolls out.
STOPPED = {name for name in SCENARIOS if "rolls out" in name}


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    with configured():
        yield


@pytest.mark.parametrize("name", QUICK)
def test_whatever_goes_wrong_the_parameter_names_what_serves(name: str) -> None:
    found, runs = explore(SCENARIOS[name], only_at_changes=True, every=QUICK[name])
    assert found == []
    assert runs > 25


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_where_nothing_goes_wrong_each_promotion_ends_as_it_should(name: str) -> None:
    run = Run(SCENARIOS[name])
    assert run.run() == []
    ended = {arn.rsplit(":", 1)[-1]: execution.status for arn, execution in run.cloud.executions.items()}
    failed = {each for each, outcome in run.scenario.outcomes.items() if outcome != "good" and run.scenario.serving}
    failed |= {"b"} if "champion" in name or "stuck" in name else set()
    failed |= {"a"} if name in STOPPED or run.scenario.ringing else set()
    # No model served before the present one, so there is nothing to go back to.
    started = set(run.scenario.starts) - ({"back"} if "after a bad one" in name else set())
    started |= {each for each in ended if each.startswith("armed-")}
    started |= {"later"} if "stuck" in name else set()
    assert ended == {each: "FAILED" if each in failed else "SUCCEEDED" for each in started}


@pytest.mark.parametrize("name", ["the first of all", "two at first", "two that work"])
def test_what_is_lost_doubled_or_slow_fails_no_promotion(name: str) -> None:
    plain = Run(SCENARIOS[name])
    plain.run()
    for number, kind in list(possible(plain, only_at_changes=True)):
        if kind in ("lost", "double", "stall"):
            run = Run(SCENARIOS[name], {number: kind})
            run.run()
            statuses = {execution.status for execution in run.cloud.executions.values()}
            assert statuses == {"SUCCEEDED"}, run.trace[number]


def test_a_rollback_goes_back_to_what_served_and_a_second_one_undoes_it() -> None:
    served = {
        "a rollback while the first rolls out": "x",
        "a rollback while a long one rolls out": "x",
        "a rollback while one rolls out and another waits": "xb",
        "a rollback of the champion of another": "xax",
        "an alarm that rings for what serves": "xc",
        "an alarm that rings for a model that was not tested": "xax",
        "a rollback while a bad one rolls out": "x",
        "a rollback of what serves": "xax",
        "two rollbacks": "xaxa",
    }
    for name, wanted in served.items():
        run = Run(SCENARIOS[name])
        run.run()
        assert "".join(each.split("/")[-3] for each in run.cloud.endpoint.history) == wanted, name


def test_a_rollback_takes_no_longer_than_a_promotion_whatever_it_meets() -> None:
    def seconds(name: str, execution: str) -> float:
        run = Run(SCENARIOS[name])
        run.run()
        [ended] = [each for arn, each in run.cloud.executions.items() if arn.endswith(f":{execution}")]
        return float(ended.stopped - 1_790_000_000.0 - run.scenario.starts[execution][0])

    promotion = seconds("a rollback of what serves", "a")
    assert seconds("a rollback of what serves", "back") <= promotion
    # The alarm, SageMaker's way back, and the longest wait between two tries.
    stopping = RINGS_AFTER + TAKEN_BACK_AFTER + 60.0
    for name in STOPPED - {"a rollback while a bad one rolls out"}:
        assert seconds(name, "back") <= max(promotion, stopping), name


def test_only_rollbacks_are_not_asked_of_the_alarms() -> None:
    run = Run(SCENARIOS["a rollback of what serves"])
    guards = []
    real = run.cloud.stack.update_stack

    def update_stack(**request: Any) -> Any:
        guards.append({each["ParameterKey"]: each.get("ParameterValue") for each in request["Parameters"]})
        return real(**request)

    run.cloud.stack.update_stack = update_stack  # type: ignore[method-assign]
    run.run()
    assert guards == [
        {"ApprovedModel": None, "UnguardedRollout": "none"},
        {"ApprovedModel": None, "UnguardedRollout": ROLLOUT_ID},
    ]


def test_of_two_with_the_same_champion_the_second_is_refused() -> None:
    run = Run(SCENARIOS["two that were compared with the same champion"])
    run.run()
    [second] = [execution for arn, execution in run.cloud.executions.items() if arn.endswith(":b")]
    assert second.error == "RolloutFailed"
    assert second.cause.startswith("b was compared with x, and a serves by now")
    assert run.cloud.endpoint.history[-1].split("/")[-3] == "a"


# Each of these removes a guard of promotions, and the test must find the fault.


def _the_parameter_is_taken_for_what_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts.Parts, "serving", lambda self, turn=None: self.approved.get())


def _nothing_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "settle", lambda parts, *, request: reconciler.Settled("agrees"))


def _any_end_of_the_stack_is_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dal.Stack, "operation", lambda self, **_: dal.Operation())
    monkeypatch.setattr(rollout, "_serves", lambda artifact_uri, parts: logic.Progress("done"))


def _a_second_start_rolls_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = itertools.count()
    monkeypatch.setattr(dal.Stack, "operation", lambda self, **_: dal.Operation())
    monkeypatch.setattr(rollout, "token", lambda execution, *, back=False: f"promotion-{next(tries)}")


def _a_stack_that_is_made_meanwhile_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = rollout._roll_out

    def roll_out(turn: Turn, parts: parts.Parts, *, exists: bool) -> dict[str, Any]:
        if exists:
            return real(turn, parts, exists=True)
        parts.approved.put(turn.artifact_uri)
        return rollout._started("done", parts.turns.finish(turn, turns.APPROVED), reason="no stack yet")

    monkeypatch.setattr(rollout, "_roll_out", roll_out)


def _without_a_stack_nothing_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "_without_stack", lambda turn, parts, **_: reconciler.Settled("no stack"))


def _a_stack_that_is_not_there_is_asked_for_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dal, "_is_absent", lambda error: False)
    monkeypatch.setattr(dal.Stack, "_describe", _described)


def _described(self: dal.Stack) -> dict[str, Any]:
    try:
        return dict(self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0])
    except ClientError:
        return {}


def _nobody_hears_of_a_stuck_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "_stuck", lambda status, parts: "")


def _nobody_says_what_to_do_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stuck, "how_to_continue", lambda stack, failed: f"the stack {stack} failed to roll back")


def _a_rollback_goes_to_any_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promotions, "served", lambda known: {each.artifact_uri: True for each in known})


@pytest.mark.parametrize(
    ("take_away", "name"),
    [
        (_the_parameter_is_taken_for_what_serves, "the first fails"),
        (_nothing_is_settled, "the first fails"),
        (_any_end_of_the_stack_is_a_success, "the first fails"),
        (_a_second_start_rolls_out_again, "the first fails"),
        (_a_stack_that_is_made_meanwhile_is_not_seen, "two at first"),
        (_without_a_stack_nothing_is_settled, "the first of all"),
        (_a_stack_that_is_not_there_is_asked_for_events, "the first of all"),
        (_nobody_hears_of_a_stuck_stack, "a stack that is stuck"),
        (_nobody_says_what_to_do_about_it, "a stack that is stuck"),
        (_a_rollback_goes_to_any_model, "a rollback after a bad one"),
    ],
)
def test_a_promotion_without_one_of_its_guards_is_found_out(
    monkeypatch: pytest.MonkeyPatch, take_away: Callable[[pytest.MonkeyPatch], None], name: str
) -> None:
    take_away(monkeypatch)
    found, _ = explore(SCENARIOS[name], only_at_changes=True, first=True)
    assert found
