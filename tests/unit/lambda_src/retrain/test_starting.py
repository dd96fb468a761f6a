"""A run that was decided is started once and counted once, wherever a process is killed, and only one at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contracts.budget import spending
from contracts.deployment.pipeline import ErrorName
from contracts.retraining import decision, runs
from contracts.retraining.decision import Decision
from lambda_src.retrain import look, starting
from lambda_src.retrain.rule.evidence import Rule
from tests.unit.lambda_src.retrain.test_decide import RULE
from tests.unit.lambda_src.retrain.world import Killed, World, run_of, started

AT = "2026-11-20T12:00:00.000Z"
LATER = "2026-11-20T12:30:00.000Z"
ANA = "arn:aws:iam::111122223333:user/ana"


def decide(world: World, execution: str, *, rule: Rule = RULE, at: str = AT) -> Decision:
    """A person asks, so that nothing but other runs and the budget can stand against it."""
    return starting.decided(world.stores, rule, of=None, at=at, execution=execution, cause=decision.PERSON, by=ANA)


def machine(world: World, execution: str, **more: Any) -> Decision:
    """The machine's steps."""
    made = decide(world, execution, **more)
    if made["outcome"] == decision.TRAIN:
        world.calls.call(lambda: world.start(made["run"]))
        starting.noted(world.stores, at=AT)
    return made


def states(world: World) -> dict[str, str]:
    return {run["decision_id"]: run["state"] for run in world.ledger()}


def at_call(number: int, do: Callable[[], None]) -> Callable[[int], None]:
    return lambda made: do() if made == number else None


def test_a_run_is_reserved_kept_started_and_noted() -> None:
    world = World()
    one = world.execution("one")
    made = machine(world, one)
    assert (made["outcome"], made["by"], started(world)) == (decision.TRAIN, ANA, [run_of(one)])
    assert states(world) == {decision.id_of(one): runs.STARTED}
    assert world.kept() == [decision.key_of(AT, decision.id_of(one))]
    assert world.ledger()[0]["price"] == RULE.run_price


def test_a_test_that_is_on_is_seen_and_one_that_has_ended_is_not() -> None:
    for phase, found in (("running", "t1"), ("ended", "")):
        world = World()
        world.bucket.objects["ab/current.json"] = json.dumps({"test_id": "t1", "phase": phase}).encode()
        made = decide(world, world.execution("one"))
        [clause] = [each for each in made["clauses"] if each["name"] == "test"]
        assert (clause["holds"], clause["figures"]["test"]) == (not found, found)


@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_and_tried_again_it_is_one_run_and_one_price(after: bool) -> None:
    whole = World()
    machine(whole, whole.execution("one"))
    for last in range(1, whole.calls.made + 1):
        world = World()
        one = world.execution("one")
        world.calls.last, world.calls.after = last, after
        with pytest.raises(Killed):
            machine(world, one)
        world.calls.last = None
        machine(world, one)
        assert started(world) == [run_of(one)]
        assert states(world) == {decision.id_of(one): runs.STARTED}
        assert len(world.kept()) == 1


@pytest.mark.parametrize("after", [False, True])
def test_killed_for_good_a_run_that_began_counts_and_one_that_did_not_is_free_again(after: bool) -> None:
    whole = World()
    machine(whole, whole.execution("one"))
    for last in range(1, whole.calls.made + 1):
        world = World()
        one = world.execution("one")
        world.calls.last, world.calls.after = last, after
        with pytest.raises(Killed):
            machine(world, one)
        world.calls.last = None
        began = started(world)
        world.execution("one", "ABORTED")
        made = decide(world, world.execution("two"), at=LATER)
        if began:
            assert (made["outcome"], made["decided_by"]) == (decision.WAIT, "single-flight")
            assert states(world) == {decision.id_of(one): runs.STARTED}
        else:
            assert made["outcome"] == decision.TRAIN
            assert states(world).get(decision.id_of(one), runs.NEVER) == runs.NEVER


def overtaken(number: int) -> tuple[World, list[Decision]]:
    """Two executions at once: before call `number` of the one, the other does all of its steps."""
    world, others = World(), list[Decision]()
    one, two = world.execution("one"), world.execution("two")
    world.calls.between = at_call(number, lambda: others.append(machine(world, two)))
    return world, [machine(world, one), *others]


def test_of_two_at_once_one_trains_whichever_is_faster() -> None:
    whole = World()
    machine(whole, whole.execution("one"))
    for number in range(1, whole.calls.made + 1):
        world, made = overtaken(number)
        assert sorted(each["outcome"] for each in made) == [decision.TRAIN, decision.WAIT]
        assert len(started(world)) == 1
        assert sum(run["state"] != runs.NEVER for run in world.ledger()) == 1


def test_a_run_that_somebody_else_started_is_waited_for() -> None:
    world = World()
    world.states.running.append("somebody-s-run")
    made = machine(world, world.execution("one"))
    assert (made["outcome"], made["decided_by"], started(world)) == (decision.WAIT, "single-flight", [])
    assert "somebody-s-run" in made["reason"]
    assert world.ledger() == []


def test_a_reserved_run_is_waited_for_while_its_machine_runs() -> None:
    world = World()
    decide(world, world.execution("one"))
    made = decide(world, world.execution("two"), at="2026-11-20T23:00:00.000Z")
    assert (made["outcome"], decision.id_of(world.execution("one")) in made["reason"]) == (decision.WAIT, True)


def test_the_budget_of_a_month_is_spent_once_and_comes_anew() -> None:
    world = World()
    rule = replace(RULE, run_price=20.0, monthly_budget=50.0)
    found = []
    for day in (1, 8, 15, 22):
        at = f"2026-11-{day:02d}T00:00:00.000Z"
        found.append(machine(world, world.execution(f"day {day}"), rule=rule, at=at)["outcome"])
        for arn in world.states.runs():
            world.states.statuses[arn] = "SUCCEEDED"
    assert found == [decision.TRAIN, decision.TRAIN, decision.WAIT, decision.WAIT]
    again = machine(world, world.execution("next"), rule=rule, at="2026-12-01T00:00:00.000Z")
    assert again["outcome"] == decision.TRAIN


def test_a_run_whose_price_is_not_known_is_counted_beside_the_budget() -> None:
    world = World()
    machine(world, world.execution("one"), rule=replace(RULE, run_price=None))
    for arn in world.states.runs():
        world.states.statuses[arn] = "SUCCEEDED"
    made = decide(world, world.execution("two"))
    [budget] = [clause for clause in made["clauses"] if clause["name"] == "budget"]
    assert (budget["figures"]["spent"], budget["figures"]["unpriced"]) == (0.0, 1)


def test_a_ledger_of_another_layout_stops_everything() -> None:
    world = World()
    world.bucket.objects[runs.KEY] = b'{"layout": 2, "runs": []}'
    with pytest.raises(ValueError, match="layout"):
        decide(world, world.execution("one"))
    assert world.kept() == []


NOTHING = {"nothing_new": True, "promoted": False, "reason": "Nothing new to train on"}


@pytest.mark.parametrize(
    ("status", "more", "state", "spent"),
    [
        ("SUCCEEDED", {"output": json.dumps({"promoted": True})}, runs.ENDED, 2.0),
        ("SUCCEEDED", {"output": json.dumps({**NOTHING, "job_name": ""})}, runs.UNPAID, 0.0),
        ("SUCCEEDED", {"output": json.dumps({**NOTHING, "job_name": "rubric-dev-1"})}, runs.EMPTY, 2.0),
        ("FAILED", {"error": ErrorName.PREPARATION_FAILED, "cause": "no dataset"}, runs.UNPAID, 0.0),
        ("FAILED", {"error": ErrorName.GATE_REFUSED, "cause": "worse"}, runs.ENDED, 2.0),
        ("ABORTED", {}, runs.ENDED, 2.0),
    ],
)
def test_a_run_that_had_no_job_is_not_paid_for_and_the_cool_down_counts_it(
    status: str, more: dict[str, str], state: str, spent: float
) -> None:
    world = World()
    one = world.execution("one")
    world.end(machine(world, one)["run"], status, **more)
    standing = look.standing(world.stores, at=LATER)
    assert (standing.spent, standing.last_started, standing.running) == (spent, AT, [])
    assert [run["state"] for run in starting.noted(world.stores, at=LATER)] == [state]
    assert runs.found_nothing(world.ledger()) == (AT if state == runs.EMPTY else "")


def test_how_a_run_ended_is_asked_once() -> None:
    world = World()
    world.end(machine(world, world.execution("one"))["run"], "SUCCEEDED", output="{}")
    starting.noted(world.stores, at=LATER)
    world.states.statuses.clear()
    before = world.calls.made
    assert [run["state"] for run in starting.noted(world.stores, at=LATER)] == [runs.ENDED]
    assert world.calls.made == before + 1  # the ledger of runs


def test_before_the_first_version_nothing_is_started_once_a_text_was_erased() -> None:
    world = World()
    world.datasets.version, world.datasets.is_erased = "", True
    made = decide(world, world.execution("one"))
    assert (made["outcome"], made["decided_by"], world.ledger()) == (decision.WAIT, "dataset", [])
    assert "`rubric data freeze`" in made["reason"]
    world.datasets.version = "v1"
    assert decide(world, world.execution("two"))["outcome"] == decision.TRAIN


def test_what_people_started_is_counted_and_stays_in_the_ledger() -> None:
    world = World()
    entry: spending.Entry = {
        "entry_id": "e",
        "at": "2026-11-01T00:00:00.000Z",
        "kind": "batch",
        "what": "The batch",
        "by": "me",
        "usd": 25.0,
    }
    world.bucket.objects[runs.KEY] = json.dumps(spending.document({}, entries=[entry])).encode()
    rule = replace(RULE, run_price=20.0, monthly_budget=50.0, cost_budget=50.0)
    at = "2026-11-08T00:00:00.000Z"
    assert machine(world, world.execution("fits"), rule=rule, at=at)["outcome"] == decision.TRAIN
    for arn in world.states.runs():
        world.states.statuses[arn] = "SUCCEEDED"
    later = machine(world, world.execution("no more"), rule=rule, at="2026-11-20T00:00:00.000Z")
    assert later["outcome"] == decision.WAIT
    assert spending.read(json.loads(world.bucket.objects[runs.KEY])) == [entry]
