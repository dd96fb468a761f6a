"""Each text is counted once, whatever happens to the looks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from contracts.deployment import buckets
from contracts.logs import drift_report, request_log
from lambda_src.drift import look, models, store
from lambda_src.drift.statistics import recent
from tests.unit.lambda_src.drift import world as world_module
from tests.unit.lambda_src.drift.references import LABELS
from tests.unit.lambda_src.drift.world import NOW, PROMISE, VERSION, Killed, World

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few dozen texts are many parts."""
    monkeypatch.setattr(look, "PART", 20)


def fill(world: World, *, requests: int, seed: int = 7) -> int:
    """Requests of the last two days; how many texts they have."""
    chance, texts = random.Random(seed), 0
    for number in range(requests):
        labels = [chance.choice(LABELS) for _ in range(chance.choice([1, 1, 2, 9]))]
        world.logs(f"r{number:03d}", labels, at=NOW - timedelta(minutes=10 + chance.random() * 2_500))
        texts += len(labels)
    return texts


def test_a_look_counts_what_there_is_and_the_next_one_nothing_again() -> None:
    world = World()
    texts = fill(world, requests=60)
    result = world.looks()
    assert (result.ended, result.texts, result.behind) == (drift_report.DONE, texts, 0)
    before = world.counted()
    assert before["counts"] == {"requests": 60, "texts": texts, "late": 0, "unknown_labels": 0}
    world.now += HOUR
    assert world.looks().texts == 0 and world.counted() == before


def test_the_texts_of_a_request_are_one_unit_however_they_are_spread() -> None:
    world = World()
    world.logs("r1", ["arts"] * 9, at=NOW - HOUR)
    world.logs("r2", ["arts"], at=NOW - HOUR)
    world.looks()
    assert world.counted()["counts"]["requests"] == 2
    assert world.counted()["monitor"]["requests"] == 2


def test_a_request_that_may_still_be_written_is_left_to_the_next_look() -> None:
    world = World()
    world.logs("young", ["arts"], at=NOW - timedelta(seconds=200))
    assert world.looks().texts == 0
    world.logs("slow", ["arts"], at=NOW - timedelta(seconds=220))
    world.now += timedelta(minutes=5)
    assert world.looks().texts == 2


def test_a_look_without_time_goes_on_where_it_was() -> None:
    whole, world = World(), World()
    texts = fill(whole, requests=60)
    fill(world, requests=60)
    whole.looks()
    results: list[look.LookResult] = []
    while not results or results[-1].ended != drift_report.DONE:
        results.append(world.looks(parts=1))
    assert len(results) > 5 and sum(result.texts for result in results) == texts
    assert {result.ended for result in results[:-1]} == {drift_report.TIME} and results[0].behind > 0
    assert world.counted() == whole.counted()


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_points_nothing_is_lost_and_nothing_counted_twice(seed: int, after: bool) -> None:
    chance = random.Random(seed)
    whole, world = World(), World()
    late = [f"late{number}" for number in range(5)]
    for each in (whole, world):
        fill(each, requests=90, seed=seed)
        for request_id in late:
            each.redrives(each.items(request_id, ["arts", "money"], at=NOW - 30 * HOUR))
            each.now += timedelta(seconds=1)
        each.now = NOW + timedelta(minutes=10)
    whole.looks()
    killed, progress = 0, set[str]()
    world.calls.after = after
    for _ in range(25):
        world.calls.last = world.calls.made + chance.randint(9, 17)
        try:
            world.looks()
        except Killed:
            killed += 1
        world.calls.last = None
        progress.add(world.counted_up_to())
    world.looks()
    assert killed > 6 and len(progress) > 4, "killed where it counts"
    assert world.counted() == whole.counted()
    assert world.counted()["counts"]["late"] == 2 * len(late)


def test_two_looks_at_once_count_nothing_twice() -> None:
    world = World()
    texts = fill(world, requests=30)
    first, second = world.look(), world.look()
    result = first.run(has_time=lambda: True)
    overtaken = second.run(has_time=lambda: True)
    assert (result.ended, overtaken.ended) == (drift_report.DONE, drift_report.OVERTAKEN)
    first.reported()
    assert world.counted()["counts"]["texts"] == texts


def test_a_text_that_comes_hours_later_is_counted_by_the_look_that_first_sees_it() -> None:
    world = World()
    world.logs("r1", ["arts"], at=NOW - HOUR)
    late = world.items("r2", ["money", "money"], at=NOW - 2 * HOUR)
    world.looks()
    world.now += 3 * HOUR
    world.redrives(late)
    world.redrives(late)  # the message was delivered twice
    assert world.looks().texts == 0, "it came a moment ago"
    world.now += timedelta(minutes=10)
    assert world.looks().texts == 2
    assert world.counted()["counts"] == {"requests": 2, "texts": 3, "late": 2, "unknown_labels": 0}
    world.now += HOUR
    assert world.looks().texts == 0


def test_late_texts_are_read_as_they_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for number in range(3 * look.PART):
        world.redrives(world.items(f"late{number}", ["arts"], at=NOW - 2 * HOUR))
    world.now += HOUR
    made, read = world.look(), list[Any]()
    late = made._log.late

    def watched(**span: str) -> Iterator[Any]:
        for item in late(**span):
            read.append(item)
            yield item

    monkeypatch.setattr(made._log, "late", watched)
    times = iter([True])
    result = made.run(has_time=lambda: next(times, False))
    assert (result.ended, result.texts) == (drift_report.TIME, look.PART) and len(read) < 3 * look.PART


def test_late_texts_younger_than_a_longer_settling_time_are_not_asked_for() -> None:
    """DynamoDB refuses bounds in the wrong order."""
    world = World()
    world.logs("r1", ["arts"], at=NOW - 3 * HOUR)
    world.now += 10 * HOUR
    world.redrives(world.items("r2", ["money"], at=NOW - 2 * HOUR))
    world.now += timedelta(minutes=6)
    assert world.looks().texts == 2
    world.now += timedelta(minutes=1)
    assert world.look(settle=HOUR).run(has_time=lambda: True).ended == drift_report.DONE


def test_a_redriven_text_that_was_in_its_place_all_the_time_is_counted_there_alone() -> None:
    world = World()
    items = world.items("r1", ["arts"], at=NOW - HOUR)
    world.logs("r1", ["arts"], at=NOW - HOUR)  # the table had taken it, only its answer was lost
    world.redrives(items)
    world.now += HOUR
    assert world.looks().texts == 1
    assert not request_log.is_late(world.table.items["r1", 0]["place"])


def test_a_clock_that_goes_back_counts_nothing_twice_and_hides_nothing() -> None:
    world = World()
    world.logs("r1", ["arts"], at=NOW - HOUR)
    world.now = NOW + timedelta(hours=5)
    world.looks()
    world.now = NOW - timedelta(hours=2)
    assert world.looks().ended == drift_report.CLOCK
    world.logs("r2", ["arts"], at=NOW)
    world.now = NOW + HOUR
    assert world.looks().texts == 1 and world.counted()["counts"]["texts"] == 2


def test_each_model_has_its_own_count_and_the_oldest_are_forgotten() -> None:
    world = World()
    versions = [f"rubric-dev-{number}" for number in range(1, look.MOST_MODELS + 4)]
    for hours, version in enumerate(versions):
        world.refer(version)
        world.logs(f"r{version}", ["arts", "money"], at=NOW - timedelta(hours=40 - hours), version=version)
    world.looks()
    state = world.state()
    assert list(state["models"]) == versions[-look.MOST_MODELS :] and state["current"] == versions[-1]
    assert all(model["counts"]["texts"] == 2 for model in state["models"].values())


def test_another_promise_starts_anew() -> None:
    world = World()
    fill(world, requests=30)
    world.looks()
    world.now += HOUR
    world.logs("new", ["arts"], at=NOW)
    changed = world.look(promise={**PROMISE, "tolerance": 0.05})
    changed.run(has_time=lambda: True)
    changed.reported()
    assert world.counted()["counts"]["texts"] == 1 and world.counted()["monitor"]["tolerance"] == 0.05


@pytest.mark.parametrize("spoil", [b"no json", b'{"layout": 99}'], ids=["damaged", "of another layout"])
def test_a_state_that_cannot_be_read_starts_anew_from_the_log(spoil: bytes) -> None:
    world = World()
    texts = fill(world, requests=10)
    world.looks()
    before = world.counted()
    world.bucket.objects[buckets.DRIFT_STATE] = spoil
    assert world.looks().texts == texts and world.counted() == before


def test_a_state_of_another_release_or_reference_starts_that_model_anew() -> None:
    world = World()
    fill(world, requests=10)
    world.looks()
    world.bucket.objects[buckets.baseline(VERSION)] = world.bucket.objects[buckets.baseline(VERSION)].replace(
        b'"counts": [', b'"counts": [1', 1
    )
    world.now += HOUR
    world.logs("new", ["arts"], at=NOW)
    assert world.looks().texts == 1 and world.counted()["counts"]["texts"] == 1


def test_the_state_holds_no_text_and_does_not_grow_with_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "PART", 200)
    monkeypatch.setattr(models, "RECENT", 100)
    monkeypatch.setattr(recent, "TEXTS", 100)
    monkeypatch.setattr(drift_report, "MOST_POINTS", 20)
    sizes: list[int] = []
    for requests in (150, 450):
        world = World()
        fill(world, requests=requests)
        world.looks()
        body = world.bucket.objects[buckets.DRIFT_STATE]
        assert b"of many" not in body and b"Text" not in body
        state: Any = world.counted()
        assert len(state["recent"]) <= 100
        sizes.append(len(body))
    assert sizes[1] < 1.5 * sizes[0]


# Each of these removes a guard, and the named test must find the fault.


def _a_state_is_written_over_another(patch: pytest.MonkeyPatch) -> None:
    real = store.Store.save
    patch.setattr(store.Store, "save", lambda self, document, *, etag: real(self, document, etag="*"))
    patch.setattr(world_module, "_etag", lambda body: "*")


def _what_came_late_is_counted_wherever_it_is(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(request_log, "is_late", lambda place: False)


def _the_place_is_written_before_the_counts(patch: pytest.MonkeyPatch) -> None:
    real = store.Store.save

    def save(self: store.Store, document: Any, *, etag: str | None) -> str:
        held = self.state().document
        if held is not None:
            etag = real(self, {**document, "models": held["models"]}, etag=etag)
        return real(self, document, etag=etag)

    patch.setattr(store.Store, "save", save)


def _young_requests_are_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world_module, "SETTLE", timedelta(0))


@pytest.mark.parametrize(
    ("take_away", "finds"),
    [
        (_a_state_is_written_over_another, test_two_looks_at_once_count_nothing_twice),
        (
            _what_came_late_is_counted_wherever_it_is,
            test_a_text_that_comes_hours_later_is_counted_by_the_look_that_first_sees_it,
        ),
        (
            _the_place_is_written_before_the_counts,
            lambda: test_killed_at_random_points_nothing_is_lost_and_nothing_counted_twice(1, after=False),
        ),
        (_young_requests_are_counted, test_a_request_that_may_still_be_written_is_left_to_the_next_look),
    ],
)
def test_without_its_guards_a_look_is_found_out(monkeypatch: pytest.MonkeyPatch, take_away: Any, finds: Any) -> None:
    take_away(monkeypatch)
    with pytest.raises(AssertionError):
        finds()
