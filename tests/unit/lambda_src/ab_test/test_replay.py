"""A replay from its start to its end: nobody is served by the challenger, and labels decide."""

from __future__ import annotations

import dataclasses
import json

import pytest

from contracts.ab_tests import record
from contracts.datasets import ledger
from lambda_src.ab_test import ending, replay, starting, step
from lambda_src.ab_test.errors import RefusedError
from lambda_src.ab_test.learnt import RowsUnknownError
from tests.unit.lambda_src.ab_test.environment import NEW, OLD, arn, uri
from tests.unit.lambda_src.ab_test.world import World

REQUEST = {"action": "start", "version": NEW, "mode": "replay", "by": "ann"}


def better(**settings):
    """The champion gets every tenth text wrong, the challenger every fortieth; all of its errors are the champion's."""
    world = World(wrong={OLD: lambda n: n % 10 == 0, NEW: lambda n: n % 40 == 0}, **settings)
    world.logs(range(1_000))
    return world


def until(world, phase, *, labels=10, most=400):
    """Steps, a minute apart, with a few labels in each, until a phase; the test."""
    for _ in range(most):
        step.step(world.parts())
        if world.test()["phase"] == phase:
            return world.test()
        world.labels_asked(labels)
        world.passes()
    raise AssertionError(world.test())


def test_labels_are_asked_only_where_the_two_disagree_and_the_better_one_wins():
    world = better()
    starting.start(REQUEST, world.parts())
    test = until(world, record.RUNNING)
    assert (test["compared"], len(test["disagreements"])) == (1_000, 75)
    assert world.asked == []  # no endpoint has answered for the test
    assert not world.stack["serve"] and world.stack["artifact"] == uri(NEW)
    test = until(world, record.ENDED)
    assert test["verdict"] == record.BETTER and len(test["looks"]) < 40
    assert [look["right"] for look in test["looks"]] == ["challenger"] * len(test["looks"])
    assert test["looks"][-1]["log10_better"] >= 1.6 > test["looks"][-2]["log10_better"]
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}
    assert json.loads(world.objects[record.archived(test["test_id"])]) == test
    assert world.promotions == {}  # ab_tests.promote: ask


def test_the_record_has_no_text_and_no_name_of_a_labeller():
    world = better()
    starting.start(REQUEST, world.parts())
    until(world, record.ENDED)
    kept = b"".join(world.objects.values()).decode()
    assert "text number" not in kept and "ann" not in kept.replace('by": "ann', "").replace("ann starts", "")
    assert "key1" in kept


def test_the_order_is_random_the_same_each_time_and_another_in_each_test():
    keys = [(f"r{number}", 0, "a") for number in range(500)]
    labels = ["b" if number % 5 == 0 else "a" for number in range(500)]
    compared, found = replay.differences(keys, labels, test_id="one", most=1_000)
    assert (compared, len(found)) == (500, 100)
    assert replay.differences(keys[::-1], labels[::-1], test_id="one", most=1_000) == (compared, found)
    _, others = replay.differences(keys, labels, test_id="two", most=1_000)
    assert [each["request_id"] for each in others] != [each["request_id"] for each in found]
    assert sorted(each["request_id"] for each in others) == sorted(each["request_id"] for each in found)
    places = [each["place"] for each in found]
    assert places == sorted(set(places)) and places[-1] < 500 and places != list(range(0, 500, 5))


def test_with_many_disagreements_a_random_part_is_kept():
    keys = [(f"r{number}", 0, "a") for number in range(500)]
    compared, found = replay.differences(keys, ["b"] * 250 + [""] * 50 + ["a"] * 200, test_id="one", most=20)
    assert len(found) == 20 and compared == found[-1]["place"] + 1 < 60


def test_a_text_is_replayed_once_however_it_is_spelt_and_only_the_champions():
    world = better()
    world.logs(range(50), prefix="again")
    world.items["again7", 0]["text"] = "Text  Number 7"
    world.items["again8", 0] |= {"text": "another text number 8", "model_version": "an-earlier-one"}
    world.items["again9", 0] |= {"text": "of the audit sample, number 9", "audit": True}
    starting.start(REQUEST, world.parts())
    assert until(world, record.RUNNING)["compared"] == 1_000


def test_what_is_labelled_or_learnt_does_not_decide():
    world = better()
    world.items["r7", 0]["given"] = {"key1 ann": world.said(world.truth(7))}
    world.learnt = {
        NEW: frozenset({ledger.row_of("Text Number 10")}),
        OLD: frozenset({ledger.row_of("text number 20")}),
    }
    starting.start(REQUEST, world.parts())
    test = until(world, record.RUNNING)
    assert test["compared"] == 997
    assert not {"r7", "r10", "r20"} & {each["request_id"] for each in test["disagreements"]}


def test_a_text_that_somebody_labels_before_labels_are_asked_for_was_not_chosen_at_random():
    world = better()
    starting.start(REQUEST, world.parts())
    while not world.jobs:
        step.step(world.parts())
        world.passes()
    world.items["r10", 0]["given"] = {"key1 ann": world.said(world.truth(10))}
    world.passes()
    test = until(world, record.RUNNING)
    assert (test["compared"], len(test["disagreements"]), test["looks"]) == (1_000, 75, [])
    assert [each["request_id"] for each in test["disagreements"] if each.get("gone")] == ["r10"]
    assert "r10" not in {each["request_id"] for each in record.asked_for(test)}


def test_labels_of_keys_that_are_not_trusted_decide_nothing_and_are_counted():
    world = better()
    starting.start(REQUEST, world.parts())
    world.items["r7", 0]["given"] = {"mallory": world.said("Science", trusted=False)}
    test = until(world, record.RUNNING)
    assert test["compared"] == 1_000  # nor does such a label take a text out of the test
    world.labels_asked(labeller="mallory", trusted=False)
    del world.items[record.asked_for(world.test())[0]["request_id"], 0]["given"]["mallory"]["trusted"]  # as of old
    for _ in range(3):
        world.passes()
        step.step(world.parts())
    test = world.test()
    assert (test["looks"], test["phase"]) == ([], record.RUNNING)
    assert test["progress"]["untrusted"] == len(record.asked_for(test)) == 75
    world.labels_asked(10)
    for _ in range(2):
        world.passes()
        step.step(world.parts())
    test = world.test()
    assert len(test["looks"]) == 10 and {each["labeller"] for each in test["disagreements"]} == {"", "key1"}
    assert test["progress"]["untrusted"] == 65


def test_a_label_that_is_changed_later_is_as_old_as_the_first():
    """The text was labelled before labels were asked for, however new its newest label is."""
    world = better()
    starting.start(REQUEST, world.parts())
    while not world.jobs:
        step.step(world.parts())
        world.passes()
    before = world.said("Health")
    world.passes()
    until(world, record.RUNNING)
    world.passes()
    changed = {**world.said("Science"), "first": "Health", "times": 2, "first_time": before["time"]}
    world.items["r10", 0]["given"] = {"key1 ann": changed}
    step.step(world.parts())
    assert [each["request_id"] for each in world.test()["disagreements"] if each.get("gone")] == ["r10"]


def test_texts_that_people_pass_over_hold_up_no_test():
    """Of the texts that a test asks for, nobody labels the first hundred, nor three of four of the others."""
    world = World(wrong={OLD: lambda n: n % 4 == 0, NEW: lambda n: n % 40 == 0})
    world.logs(range(4_000))
    starting.start(REQUEST, world.parts())
    test = until(world, record.RUNNING, labels=0)
    hard = {each["request_id"] for n, each in enumerate(test["disagreements"]) if n < 90 or n % 4}
    for _ in range(100):
        if world.test()["phase"] == record.RUNNING:
            asked = [each["request_id"] for each in record.asked_for(world.test()) if each["request_id"] not in hard]
            for name in asked[:3]:
                world.items[name, 0]["given"] = {"key1": world.said(world.truth(int(name[1:])))}
        world.passes()
        step.step(world.parts())
    assert world.test()["verdict"] == record.BETTER


def test_without_knowing_what_was_learnt_nothing_is_tested():
    world = better()

    def learnt(version):
        raise RowsUnknownError("the dataset version v3 cannot be read")

    starting.start(REQUEST, world.parts())
    for _ in range(5):
        step.step(dataclasses.replace(world.parts(), learnt=learnt))
        world.passes()
    test = until(world, record.ENDED)
    assert (test["verdict"], test["reason"]) == (
        record.FAILED,
        "it is not known what the models learnt from: the dataset version v3 cannot be read",
    )


def test_at_most_so_many_texts_the_newest_first():
    world = better()
    world.passes(minutes=60)
    world.logs(range(1_000, 1_200))
    starting.start({**REQUEST, "texts": 150}, world.parts())
    step.step(world.parts())
    world.passes()
    step.step(world.parts())
    [source] = [body for key, body in world.objects.items() if key.endswith("texts.jsonl")]
    numbers = [int(json.loads(line)["inputs"].rsplit(" ", 1)[-1]) for line in source.splitlines()]
    assert sorted(numbers) == list(range(1_050, 1_200))


def test_the_worse_one_loses():
    world = World(wrong={OLD: lambda n: n % 40 == 0, NEW: lambda n: n % 10 == 0})
    world.logs(range(1_000))
    starting.start(REQUEST, world.parts())
    assert until(world, record.ENDED)["verdict"] == record.WORSE


def test_not_worse_by_the_margin():
    world = World(wrong={OLD: lambda n: n % 50 == 0, NEW: lambda n: n % 50 == 1})
    world.logs(range(3_000))
    starting.start({**REQUEST, "goal": "not-worse"}, world.parts())
    test = until(world, record.ENDED)
    assert test["verdict"] == record.NOT_WORSE and test["compared"] == 3_000


def test_the_budget_of_labels_ends_it():
    world = World(wrong={OLD: lambda n: n % 20 == 0, NEW: lambda n: n % 20 == 1})
    world.logs(range(1_000))
    starting.start({**REQUEST, "labels": 12}, world.parts())
    test = until(world, record.ENDED)
    assert test["verdict"] == record.LABELS_SPENT and len(test["looks"]) == 12


def test_two_models_that_never_disagree():
    world = World(wrong={OLD: lambda n: False, NEW: lambda n: False})
    world.logs(range(100))
    starting.start(REQUEST, world.parts())
    test = until(world, record.ENDED)
    assert test["verdict"] == record.LABELS_SPENT and "agree on all 100 texts" in test["reason"]


def test_time_is_over():
    world = better()
    starting.start({**REQUEST, "days": 0.02}, world.parts())
    test = until(world, record.ENDED, labels=0)
    assert test["verdict"] == record.TIME_OVER and world.left_over()["artifact"] == "none"


def test_a_text_that_has_left_the_log_is_asked_for_no_more_and_keeps_its_place():
    world = better()
    starting.start(REQUEST, world.parts())
    test = until(world, record.RUNNING, labels=0)
    for each in test["disagreements"][:5]:
        del world.items[each["request_id"], 0]
    step.step(world.parts())
    after = world.test()
    assert after["compared"] == test["compared"]
    assert [each["place"] for each in after["disagreements"]] == [each["place"] for each in test["disagreements"]]
    assert record.asked_for(after) == test["disagreements"][5:]
    assert until(world, record.ENDED)["verdict"] == record.BETTER


def test_a_label_that_was_given_for_another_reason_counts_when_its_text_is_asked_for():
    world = World(wrong={OLD: lambda n: n % 10 == 0, NEW: lambda n: n % 40 == 0})
    world.logs(range(3_000))
    starting.start(REQUEST, world.parts())
    later = until(world, record.RUNNING, labels=0)["disagreements"][record.WINDOW]
    world.items[later["request_id"], 0]["given"] = {"key2": world.said("Health")}
    step.step(world.parts())
    assert world.test()["looks"] == []
    world.labels_asked(1)
    for _ in range(2):
        world.passes()
        step.step(world.parts())
    # It is older than the look before it, which stays the first.
    assert [look["request_id"] for look in world.test()["looks"]][1:] == [later["request_id"]]


@pytest.mark.parametrize("answers", ["", '{"predicted_label": "Health"}'])
def test_a_job_whose_answers_do_not_fit_fails_the_test(answers):
    world = better()
    starting.start(REQUEST, world.parts())
    while not world.jobs:
        step.step(world.parts())
        world.passes()
    [job] = world.jobs.values()
    world.passes()
    world.objects[f"{job['output'].removeprefix('s3://artifacts/')}/texts.jsonl.out"] = answers.encode()
    test = until(world, record.ENDED)
    assert test["verdict"] == record.FAILED and "lines of 1000" in test["reason"]


def test_a_job_that_fails_fails_the_test():
    world = better()
    world.job_failure = "AlgorithmError: see the job's log"
    starting.start(REQUEST, world.parts())
    test = until(world, record.ENDED)
    assert test["verdict"] == record.FAILED and "AlgorithmError" in test["reason"]


def test_without_a_logged_text_the_test_fails():
    world = World(wrong={OLD: lambda n: False, NEW: lambda n: False})
    starting.start(REQUEST, world.parts())
    test = until(world, record.ENDED)
    assert (test["verdict"], test["reason"]) == (
        record.FAILED,
        f"the request log has no text that {OLD} has answered and that nobody has labelled yet",
    )


def test_stopped_while_its_job_runs_the_job_is_stopped_and_the_texts_are_deleted():
    world = better()
    starting.start(REQUEST, world.parts())
    while not world.jobs:
        step.step(world.parts())
        world.passes()
    world.jobs[next(iter(world.jobs))]["status"] = "InProgress"
    ending.stop(world.parts(), by="ben")
    test = until(world, record.ENDED)
    assert (test["verdict"], test["ended_by"]) == (record.STOPPED, "ben")
    assert [job["status"] for job in world.jobs.values()] == ["Stopped"]
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}
    with pytest.raises(RefusedError, match="no test runs"):
        ending.stop(world.parts(), by="ben")


def test_a_new_test_replaces_the_record_of_one_that_has_ended():
    world = better()
    first = starting.start(REQUEST, world.parts())
    ending.stop(world.parts(), by="ben")
    until(world, record.ENDED)
    second = starting.start(REQUEST, world.parts())
    assert second["test_id"] != first["test_id"] and world.test()["phase"] == record.STARTING
    assert record.archived(first["test_id"]) in world.objects
    assert second["challenger"] == {"version": NEW, "artifact_uri": uri(NEW), "package_arn": arn(NEW)}
