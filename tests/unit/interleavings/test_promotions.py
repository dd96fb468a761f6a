"""Promotions with one thing going wrong before any call that changes something, exhaustively.

The parameter names what serves once all is quiet, and who reports success has served. With one thing going wrong
anywhere, and with two: tests/long/test_interleavings.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from lambda_src.promote import dal, logic, parts, rollout, settling
from tests.unit.interleavings.exploring import explore
from tests.unit.interleavings.installed import configured
from tests.unit.interleavings.promotions import Run
from tests.unit.interleavings.scenarios import SCENARIOS

QUICK = ("the first fails", "an approval whose event comes twice")


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    with configured():
        yield


@pytest.mark.parametrize("name", QUICK)
def test_whatever_goes_wrong_the_parameter_names_what_serves(name: str) -> None:
    found, runs = explore(SCENARIOS[name], only_at_changes=True)
    assert found == []
    assert runs > 100


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_where_nothing_goes_wrong_each_promotion_ends_as_it_should(name: str) -> None:
    run = Run(SCENARIOS[name])
    assert run.run() == []
    ended = {arn.rsplit(":", 1)[-1]: execution.status for arn, execution in run.cloud.executions.items()}
    bad = {each for each, outcome in run.scenario.outcomes.items() if outcome != "good"}
    refused = {"b"} if "champion" in name else set()
    assert ended == {each: "FAILED" if each in bad | refused else "SUCCEEDED" for each in run.scenario.starts}


def test_of_two_with_the_same_champion_the_second_is_refused() -> None:
    run = Run(SCENARIOS["two that were compared with the same champion"])
    run.run()
    [second] = [execution for arn, execution in run.cloud.executions.items() if arn.endswith(":b")]
    assert second.error == "RolloutFailed"
    assert second.cause.startswith("b was compared with x, and a serves by now")
    assert run.cloud.endpoint.history[-1].split("/")[-3] == "a"


# That it finds faults: each of these takes one of the promotion's guards away.


def _the_parameter_is_taken_for_what_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts.Parts, "serving", lambda self, turn=None: self.approved.get())


def _nothing_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "settle", lambda parts, *, request: settling.Settled("agrees"))


def _any_end_of_the_stack_is_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dal.Stack, "operation", lambda self, **_: dal.Operation())
    monkeypatch.setattr(rollout, "_serves", lambda artifact_uri, parts: logic.Progress("done"))


def _a_second_start_rolls_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = itertools.count()
    monkeypatch.setattr(dal.Stack, "operation", lambda self, **_: dal.Operation())
    monkeypatch.setattr(rollout, "token", lambda execution, *, back=False: f"promotion-{next(tries)}")


@pytest.mark.parametrize(
    "take_away",
    [
        _the_parameter_is_taken_for_what_serves,
        _nothing_is_settled,
        _any_end_of_the_stack_is_a_success,
        _a_second_start_rolls_out_again,
    ],
)
def test_a_promotion_without_one_of_its_guards_is_found_out(
    monkeypatch: pytest.MonkeyPatch, take_away: Callable[[pytest.MonkeyPatch], None]
) -> None:
    take_away(monkeypatch)
    found, _ = explore(SCENARIOS["the first fails"], only_at_changes=True, first=True)
    assert found
