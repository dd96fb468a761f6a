"""A live test: the split, both variants' figures, and pairs whose other answer is computed afterwards."""

from __future__ import annotations

import dataclasses

from botocore.exceptions import ReadTimeoutError

from contracts.ab_tests import live, record
from contracts.ab_tests.live import CHALLENGER, CHAMPION
from contracts.datasets import ledger
from lambda_src.ab_test import ending, starting, step, traffic
from lambda_src.ab_test.statistics import split
from tests.unit.lambda_src.ab_test.environment import NEW, OLD
from tests.unit.lambda_src.ab_test.test_replay import REQUEST
from tests.unit.lambda_src.ab_test.world import World

LIVE = {**REQUEST, "mode": "live"}


def started(**settings):
    world = World(wrong={OLD: lambda n: n % 10 == 0, NEW: lambda n: n % 40 == 0}, **settings)
    starting.start(LIVE, world.parts())
    for _ in range(10):
        step.step(world.parts())
        if world.test()["phase"] == record.RUNNING:
            return world
        world.passes()
    raise AssertionError(world.test())


def minutes(world, numbers, *, each=50, labels=0):
    """Texts come in, some each minute, and a step follows; until the test does not run any more."""
    numbers = list(numbers)
    for start in range(0, len(numbers), each):
        world.logs(numbers[start : start + each], prefix=f"m{world.calls}-")
        world.passes()
        step.step(world.parts())
        if world.test()["phase"] != record.RUNNING:
            return
        world.labels_asked(labels)


def settled(world):
    """All that came in is old enough to be looked at."""
    for _ in range(4):
        world.passes()
        step.step(world.parts())
    return world.test()


def test_what_is_learnt_or_labelled_is_not_compared():
    world = started()
    world.learnt = {NEW: frozenset(ledger.row_of(world.text(number)) for number in range(50))}
    minutes(world, range(100))
    assert settled(world)["compared"] == 50


def test_the_split_is_written_when_the_challenger_answers_and_goes_first_at_the_end():
    world = started()
    item = world.items[live.ITEM_ID, 0]
    test = world.test()
    assert item | {"expires_at": 0, "ends_at": 0} == {
        **{"request_id": "#ab", "position": 0, "test_id": test["test_id"], "share": 0.3, "unit": "text"},
        **{"endpoint": "rubric-dev-challenger", "version": NEW, "salt": test["test_id"]},
        **{"ends_at": 0, "expires_at": 0},
    }
    assert item["ends_at"] == world.now.timestamp() // 86_400 * 86_400 + 1.5 * 86_400  # a day after the start at noon
    ending.stop(world.parts(), by="ben")
    step.step(world.parts())
    assert (live.ITEM_ID, 0) not in world.items and world.stack["busy"]
    world.passes()
    step.step(world.parts())
    assert world.test()["phase"] == record.ENDED
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}


def test_a_split_that_was_lost_is_written_again():
    world = started()
    del world.items[live.ITEM_ID, 0]
    step.step(world.parts())
    assert (live.ITEM_ID, 0) in world.items


def test_every_text_has_both_answers_and_the_order_is_that_of_time():
    world = started()
    minutes(world, range(400))
    test = settled(world)
    assert test["compared"] == 400 and len(test["disagreements"]) == 30
    places = [each["place"] for each in test["disagreements"]]
    assert places == sorted(places)
    texts = [int(world.items[each["request_id"], 0]["text"].rsplit(" ", 1)[-1]) for each in test["disagreements"]]
    assert texts == [number for number in range(400) if number % 10 == 0 and number % 40]
    for each, number in zip(test["disagreements"], texts, strict=True):
        assert (each["champion"], each["challenger"]) == (world.answer(OLD, f" {number}"), world.truth(number))
    by_endpoint = {name: sum(endpoint == name for endpoint, _ in world.asked) for name, _ in world.asked}
    challenged = test["behaviour"][CHALLENGER]["texts"]
    assert by_endpoint == {"rubric-dev-challenger": 400 - challenged, "rubric-dev": challenged}


def test_a_text_that_comes_again_is_compared_once():
    world = started()
    for _ in range(5):
        minutes(world, range(60), each=60)
    test = settled(world)
    assert test["compared"] == 60 == len(world.asked) and test["progress"]["left_out"] == 0
    assert test["behaviour"][CHAMPION]["texts"] + test["behaviour"][CHALLENGER]["texts"] == 300
    assert sum(units for _, units, _ in test["progress"]["units"]) == 0 + test["split"]["units"] <= 60


def test_the_better_one_wins():
    world = started()
    minutes(world, range(3_000), each=100, labels=10)
    for _ in range(3):
        world.passes()
        step.step(world.parts())
    test = world.test()
    assert (test["verdict"], test["phase"]) == (record.BETTER, record.ENDED)
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}


def test_figures_of_both_variants_are_those_that_the_split_chose():
    world = started()
    minutes(world, range(200))
    behaviour = settled(world)["behaviour"]
    champion, challenger = behaviour[CHAMPION], behaviour[CHALLENGER]
    assert champion["requests"] + challenger["requests"] == 200 and 30 <= challenger["requests"] <= 90
    assert abs(champion["p50_ms"] - 20) < 1 and abs(challenger["p99_ms"] - 40) < 2
    assert champion["errors"] == challenger["errors"] == behaviour["mixed"] == 0
    assert sum(challenger["labels"].values()) == challenger["texts"]


def test_a_challenger_that_fails_is_counted_although_the_champion_answers():
    world = started()
    world.logs(range(100))
    for item in world.items.values():
        if item.get("assigned") == CHALLENGER:
            item |= {"variant": CHAMPION, "model_version": OLD}
    behaviour = settled(world)["behaviour"]
    assert behaviour[CHALLENGER]["answered_by_other"] == behaviour[CHALLENGER]["texts"] > 0
    assert behaviour[CHAMPION]["answered_by_other"] == 0


def test_the_split_is_checked_on_units_and_a_faulty_one_is_found():
    world = started()
    world.passes()  # by now every instance knows the split
    minutes(world, range(80))
    assert settled(world)["split"]["state"] == split.TOO_FEW
    minutes(world, range(80, 600))
    assert settled(world)["split"]["state"] == split.AS_PLANNED
    for start in range(600, 1_200, 50):
        world.logs(range(start, start + 50))
        # What the challenger answers is lost on its way to the log.
        for number in range(start, start + 50):
            if world.items[f"r{number}", 0].get("assigned") == CHALLENGER:
                del world.items[f"r{number}", 0]
        world.passes()
        step.step(world.parts())
    assert settled(world)["split"]["state"] == split.NOT_AS_PLANNED


def test_units_count_only_when_every_instance_knows_the_split():
    world = started()
    world.logs(range(200))  # at the moment of the start
    assert settled(world)["split"]["units"] == 0


def test_enough_disagreements_wait_so_no_more_texts_are_asked():
    world = started()
    minutes(world, range(0, 40_000, 10), each=200)
    test = settled(world)
    waiting = len(test["disagreements"])
    assert 2 * record.WINDOW <= waiting <= 2 * record.WINDOW + 320
    assert test["progress"]["left_out"] > 1_000


def test_an_endpoint_that_does_not_answer_leaves_texts_out():
    world = started()
    parts = world.parts()
    parts.answers.labels = lambda endpoint, texts: (
        (_ for _ in ()).throw(ValueError("no")) if "chall" in endpoint else [world.answer(OLD, text) for text in texts]
    )
    world.logs(range(100))
    world.passes(minutes=3)
    step.step(parts)
    test = world.test()
    challenged = test["behaviour"][CHALLENGER]["texts"]
    assert test["compared"] == challenged and test["progress"]["left_out"] == 100 - challenged


def _asked_by_a_step(*, has_time=lambda _: True, failure=None, fails=lambda texts: False):
    """A step's comparisons after 100 texts. fails: whether the endpoints fail for texts; (the test, calls)."""
    world, calls = started(), []
    world.logs(range(100))
    world.passes(minutes=3)
    parts = world.parts()
    answer = parts.answers.labels

    def labels(endpoint, texts):
        calls.append(len(texts))
        if fails(texts):
            raise failure or ValueError("no")
        return answer(endpoint, texts)

    parts.answers.labels = labels
    step.step(dataclasses.replace(parts, has_time=lambda: has_time(calls)))
    return world.test(), calls


def test_a_text_that_an_endpoint_refuses_leaves_out_only_those_sent_with_it():
    test, _ = _asked_by_a_step(fails=lambda texts: "text number 5" in texts)
    assert 84 <= test["compared"] < 100 and test["compared"] + test["progress"]["left_out"] == 100


def test_slow_endpoints_do_not_take_a_step_its_last_seconds():
    """It would be killed and begun again for ever, with nothing in the record."""
    test, calls = _asked_by_a_step(has_time=lambda calls: len(calls) < 3)
    assert len(calls) == 3 and test["compared"] == sum(calls) and test["progress"]["read"]
    timeout = ReadTimeoutError(endpoint_url="https://e")
    test, calls = _asked_by_a_step(failure=timeout, fails=lambda _: True)
    assert len(calls) == 2 and test["progress"]["left_out"] == 100  # once for each endpoint


def test_a_challenger_that_goes_away_fails_the_test():
    world = started()
    world.stack["artifact"] = "none"
    step.step(world.parts())
    assert world.test()["verdict"] == record.FAILED


def test_by_thompson_sampling_the_share_follows_the_labels():
    world = started(allocation="thompson")
    world.passes(minutes=2)
    minutes(world, range(0, 260, 10), each=260, labels=0)
    assert [each["share"] for each in settled(world)["progress"]["shares"]] == [0.3]
    world.labels_asked(4)
    world.passes()
    step.step(world.parts())
    assert [each["share"] for each in world.test()["progress"]["shares"]] == [0.3]
    world.labels_asked(1)
    world.passes()
    step.step(world.parts())  # the labels, and the next share
    wanted = world.test()["progress"]["shares"][-1]
    assert wanted["share"] == 0.5 and wanted["since"] == "" and world.items[live.ITEM_ID, 0]["share"] == 0.3
    world.passes()
    step.step(world.parts())
    first, second = world.test()["progress"]["shares"]
    assert world.items[live.ITEM_ID, 0]["share"] == 0.5
    assert first["until"] < second["since"]


def test_texts_are_looked_at_when_the_log_has_them_all():
    world = started()
    world.logs(range(10))
    step.step(world.parts())
    assert world.test()["compared"] == 0
    world.now += traffic.SETTLE
    world.now += traffic.SETTLE
    step.step(world.parts())
    assert world.test()["compared"] == 10


def test_far_behind_the_log_it_goes_on_from_its_end():
    world = started()
    world.logs(range(6_000))
    world.passes(minutes=180)
    world.logs(range(6_000, 6_010))
    step.step(world.parts())
    looked = world.test()["behaviour"]
    assert looked[CHAMPION]["texts"] + looked[CHALLENGER]["texts"] == 5_000
    world.passes(minutes=2)
    step.step(world.parts())
    assert world.test()["compared"] <= 330
