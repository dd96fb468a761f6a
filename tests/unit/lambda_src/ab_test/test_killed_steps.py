"""A step that is killed anywhere, before or after any of its calls, is done again: nothing is lost, lasts or counts
twice. Nor does a second step at the same time change anything.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest

from contracts.ab_tests import record
from lambda_src.ab_test import ending, starting, step
from lambda_src.ab_test.errors import OvertakenError, RefusedError
from tests.unit.lambda_src.ab_test.environment import NEW, OLD
from tests.unit.lambda_src.ab_test.test_replay import REQUEST
from tests.unit.lambda_src.ab_test.world import Killed, World

_MINUTES = 24


def made(mode):
    world = World(wrong={OLD: lambda n: n % 4 == 0, NEW: lambda n: n % 24 == 0}, ab_promote="automatic")
    if mode == record.REPLAY:
        world.logs(range(160))
    starting.start({**REQUEST, "mode": mode}, world.parts())
    return world


def run(world, *, twice=False):
    """A test's whole life, a step each minute, the same traffic and labels each time."""
    for minute in range(_MINUTES):
        _stepped(world)
        if twice:
            _stepped(world)
        if minute % 2 and minute < 12:
            # Some texts come again.
            world.logs(range(minute * 6, minute * 6 + 16), prefix=f"m{minute}-")
        world.labels_asked(6)
        world.passes()


def _stepped(world):
    try:
        step.step(world.parts())
    except Killed:
        world.last = None
    except OvertakenError:
        pass


def outcome(world):
    """What must be the same whatever was killed."""
    test = world.test()
    assert (test["phase"], test["verdict"]) == (record.ENDED, record.BETTER), test
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}
    assert list(world.promotions) == [f"ab-{test['test_id']}"] and test["promoted"]
    assert len(world.jobs) == (test["plan"]["mode"] == record.REPLAY)
    keys = [(each["request_id"], each["position"]) for each in test["disagreements"]]
    assert len(keys) == len(set(keys))
    looked = [(look["request_id"], look["position"]) for look in test["looks"]]
    assert len(looked) == len(set(looked)) and set(looked) <= set(keys)
    texts = {world.items[key]["text"] for key in keys}
    assert len(texts) == len(keys)
    for each in test["disagreements"]:
        number = int(world.items[each["request_id"], each["position"]]["text"].rsplit(" ", 1)[-1])
        expected = (world.answer(OLD, f" {number}"), world.answer(NEW, f" {number}"))
        assert (each["champion"], each["challenger"]) == expected
    return test["compared"]


@pytest.mark.parametrize("mode", [record.REPLAY, record.LIVE])
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_each_call(mode, after):
    whole = made(mode)
    run(whole)
    compared = outcome(whole)
    assert compared >= 40
    for number in range(1, whole.calls + 1):
        world = made(mode)
        world.calls, world.last, world.after = 0, number, after
        run(world)
        assert outcome(world) == compared or mode == record.LIVE, number


@pytest.mark.parametrize("mode", [record.REPLAY, record.LIVE])
def test_every_step_is_done_twice(mode):
    world = made(mode)
    run(world, twice=True)
    outcome(world)


class _Interrupting:
    """Runs another whole step just before a step's call with this number; it sees one text more than the first."""

    def __init__(self, world, at):
        self._world, self._at, self._call, self._inside = world, at, world.call, False
        world.call = self

    def __call__(self, make):
        if not self._inside and self._world.calls == self._at:
            self._inside = True
            self._world.logs([1_000], at=self._world.now - timedelta(seconds=90))
            with contextlib.suppress(OvertakenError):
                step.step(self._world.parts())
            self._inside = False
        return self._call(make)


@pytest.mark.parametrize("mode", [record.REPLAY, record.LIVE])
def test_another_step_comes_between_any_two_calls(mode):
    whole = made(mode)
    run(whole)
    for number in range(1, whole.calls):
        world = made(mode)
        _Interrupting(world, number)
        run(world)
        outcome(world)


@pytest.mark.parametrize("mode", [record.REPLAY, record.LIVE])
def test_a_test_that_ends_while_a_step_is_under_way_leaves_nothing(mode):
    """The step's next call comes when the test is over: the longest that a step can be behind."""
    whole = made(mode)
    run(whole)
    for number in range(1, whole.calls):
        world = made(mode)
        _Ending(world, number)
        run(world)
        assert world.test()["phase"] == record.ENDED
        assert world.left_over() == {"artifact": "none", "split": False, "objects": []}, number


class _Ending:
    """Ends the test just before a step's call with this number."""

    def __init__(self, world, at):
        self._world, self._at, self._call, self._inside = world, at, world.call, False
        world.call = self

    def __call__(self, make):
        if not self._inside and self._world.calls == self._at:
            self._inside = True
            with contextlib.suppress(RefusedError):
                ending.stop(self._world.parts(), by="ann")
            for _ in range(4):
                step.step(self._world.parts())
                self._world.passes()
            self._inside = False
        return self._call(make)


def test_what_is_swept_is_not_the_next_tests():
    world = made(record.REPLAY)
    run(world)
    ended = world.test()
    starting.start(REQUEST, world.parts())
    for _ in range(3):
        step.step(world.parts())
        world.passes()
    assert world.stack["artifact"] != "none"
    ending.sweep(ended, world.parts())
    assert not world.stack["busy"] and world.stack["artifact"] != "none"
