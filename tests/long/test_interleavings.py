"""Runs the scenarios of tests/unit/interleavings with one failure before any call, and with two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.unit.interleavings.fakes.cloud import Answers
from tests.unit.interleavings.promotions.exploring import explore, possible, rejections
from tests.unit.interleavings.promotions.installed import configured
from tests.unit.interleavings.promotions.run import Run
from tests.unit.interleavings.promotions.scenarios import OTHERS, PROMOTIONS, SCENARIOS
from tests.unit.interleavings.worlds import api_keys, cursor_keys, idempotent, redrives

OTHER_ANSWERS = Answers(restores=False, knows_token=False, events_late=8.0)
# From all pairs, which are tens of thousands: a step that shares no factor with the number of kinds.
EVERY = 97


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    with configured():
        yield


@pytest.mark.parametrize("answers", [Answers(), OTHER_ANSWERS], ids=["as documented", "the other answers"])
@pytest.mark.parametrize("name", sorted(PROMOTIONS))
def test_with_one_thing_going_wrong_anywhere(name: str, answers: Answers) -> None:
    result, runs = explore(replace(SCENARIOS[name], answers=answers), only_at_changes=False)
    assert result == []
    assert runs > 300


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_other_scenarios_with_one_thing_going_wrong(name: str) -> None:
    result, runs = explore(replace(SCENARIOS[name], answers=OTHER_ANSWERS), only_at_changes=False, every=4)
    assert result == []
    assert runs > 40


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_with_two_things_going_wrong(name: str) -> None:
    scenario, count, result = SCENARIOS[name], 0, list[str]()
    plain = Run(scenario)
    plain.run()
    # From the others, which are many, only each eleventh beginning.
    for number, kind in list(possible(plain, only_at_changes=True))[:: 1 if name in PROMOTIONS else 11]:
        first = Run(scenario, {number: kind})
        first.run()
        for later, another in possible(first, since=number + 1, only_at_changes=True):
            count += 1
            if count % EVERY == 0:
                run = Run(scenario, {number: kind, later: another})
                result += [f"{kind} at {number}, {another} at {later}: {fault}" for fault in run.run()]
    assert result == []
    assert count > EVERY


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_rejections_between_any_two_calls(name: str) -> None:
    runs = list(rejections(SCENARIOS[name], every=2))
    assert [(run.deviations, run.faults) for run in runs if run.faults] == []
    assert len(runs) > 40


def test_rotations_of_the_cursors_key() -> None:
    result, runs = cursor_keys.explore(every=5, thorough=True)
    assert result == []
    assert runs > 250


def test_rotations_of_an_api_key() -> None:
    result, runs = api_keys.explore(pairs_every=31)
    assert result == []
    assert runs > 500


def test_requests_with_one_idempotency_key() -> None:
    result, runs = idempotent.explore(pairs_every=1)
    assert result == []
    assert runs > 2000


@pytest.mark.filterwarnings("ignore:No application metrics")
@pytest.mark.parametrize("by_text", [False, True], ids=["of a request", "of a text"])
def test_redrives_and_an_erasure(by_text: bool) -> None:
    with redrives.configured():
        for erased_at in (None, 1.0):
            result, _ = redrives.explore(erased_at=erased_at, by_text=by_text)
            assert result == []


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_redrives_and_an_erasure_with_two_things_going_wrong() -> None:
    count, result = 0, list[str]()
    with redrives.configured():
        plain = redrives.Run(erased_at=1.0)
        plain.run()
        for number, kind in plain.bench.possible(*redrives.EVENTS):
            one = redrives.Run({number: kind}, erased_at=1.0)
            one.run()
            for later, another in one.bench.possible(*redrives.EVENTS, since=number + 1):
                count += 1
                if count % EVERY == 0:
                    run = redrives.Run({number: kind, later: another}, erased_at=1.0)
                    result += [f"{kind} at {number}, {another} at {later}: {fault}" for fault in run.run()]
    assert result == []
    assert count > 5 * EVERY
