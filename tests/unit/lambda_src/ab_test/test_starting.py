"""What a start refuses, each with a sentence and with nothing changed; and what ends a test from outside."""

from __future__ import annotations

import pytest

from contracts.ab_tests import record
from lambda_src.ab_test import starting, step
from lambda_src.ab_test.errors import RefusedError
from tests.unit.lambda_src.ab_test.environment import NEW, OLD, arn, uri
from tests.unit.lambda_src.ab_test.test_replay import REQUEST, better, until


def refused(world, **changed):
    before = dict(world.objects)
    with pytest.raises(RefusedError) as caught:
        starting.start({**REQUEST, **changed}, world.parts())
    assert world.objects == before and world.stack["artifact"] == "none"
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_an_unknown_version():
    assert refused(better(), version="nothing") == (
        "there is no model 'nothing' in the registry: see `rubric models list`"
    )


def test_a_model_is_also_found_by_its_number_and_its_arn():
    for version in (NEW, "2", arn(NEW)):
        assert starting.start({**REQUEST, "version": version}, better().parts())["challenger"]["version"] == NEW


def test_a_second_test_while_one_runs():
    world = better()
    test = starting.start(REQUEST, world.parts())
    assert refused_again(world) == (
        f"the test {test['test_id']} of {NEW} runs already: wait for it, or end it with `rubric ab stop`"
    )


def refused_again(world):
    with pytest.raises(RefusedError) as caught:
        starting.start({**REQUEST, "by": "ben"}, world.parts())
    return str(caught.value)


def test_a_start_that_is_repeated_is_the_same_test():
    world = better()
    first = starting.start(REQUEST, world.parts())
    assert starting.start(REQUEST, world.parts()) == first


@pytest.mark.parametrize("changed", [{"mode": "live"}, {"goal": "not-worse"}, {"labels": 5}, {"texts": 9}])
def test_another_start_by_the_same_caller_is_not_taken_for_it(changed):
    world = better()
    first = starting.start(REQUEST, world.parts())
    with pytest.raises(RefusedError, match=f"the test {first['test_id']} of {NEW} runs already"):
        starting.start({**REQUEST, **changed}, world.parts())


def test_a_model_that_serves_without_a_version_is_named_by_its_artifact():
    world = better()
    world.approved = world.served = "s3://elsewhere/model.tar.gz"
    assert (
        refused(world) == "s3://elsewhere/model.tar.gz has no evaluation that names its labels: it cannot be compared"
    )


def test_a_live_test_against_a_champion_that_may_sleep():
    assert refused(better(component_name="rubric-dev-component"), mode="live") == (
        "a live test's champion must not sleep, and serving.min_instances is 0: use replay, or set it to 1 or more"
    )
    assert starting.start(REQUEST, better(component_name="rubric-dev-component").parts())["plan"]["mode"] == "replay"


def test_of_two_starts_at_the_same_moment_one_is_refused():
    world = better()
    parts = world.parts()
    stored = parts.store.current()
    starting.start(REQUEST, world.parts())
    parts.store.current = lambda: stored
    with pytest.raises(RefusedError, match="another test has begun at this moment"):
        starting.start({**REQUEST, "by": "ben"}, parts)
    assert world.test()["by"] == "ann"


def test_other_labels():
    world = better()
    world.labels[NEW] = ["Business", "Health", "Sport"]
    message = refused(world)
    assert message == (
        f"the labels of the two models differ, so they cannot be compared: only {OLD} has Science; only {NEW} has Sport"
    )


def test_labels_in_another_order_are_the_same():
    world = better()
    world.labels[NEW] = ["Science", "Health", "Business"]
    assert starting.start(REQUEST, world.parts())["phase"] == record.STARTING


def test_a_model_without_an_evaluation():
    world = better()
    del world.labels[NEW]
    assert refused(world) == f"{NEW} has no evaluation that names its labels: it cannot be compared"


def test_a_rejected_model():
    world = better()
    world.approvals[NEW] = "Rejected"
    assert refused(world) == f"{NEW} is rejected: approve it first, or choose another one"


def test_the_model_that_serves():
    assert refused(better(), version=OLD) == f"{OLD} is the model that serves: choose another one"


def test_no_model_serves():
    world = better()
    world.approved = world.served = ""
    assert refused(world).startswith("no model serves yet")


def test_a_promotion_is_under_way():
    world = better()
    world.served = uri("rubric-dev-0")
    assert refused(world) == "a promotion is under way: start the test when it has ended"


def test_texts_are_not_stored():
    assert refused(better(request_log_text="hash")) == (
        "a test needs logged texts, and data.request_log_text is hash: set it to store"
    )


def test_tests_are_not_enabled():
    assert refused(better(ab_tests_enabled="no")) == "ab_tests.enabled is false in this environment"


def test_an_artifact_that_is_not_the_registered_one():
    world = better()
    world.damaged = "s3://artifacts/x is not what was registered"
    assert refused(world) == "s3://artifacts/x is not what was registered: choose another model, or train again"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"mode": "shadow"}, "mode is 'shadow': use replay or live"),
        ({"goal": "best"}, "goal is 'best': use better or not-worse"),
        ({"labels": 0}, "labels is 0: use a number from 1 to 10000"),
        ({"labels": "many"}, "labels is 'many': use a number from 1 to 10000"),
        ({"days": 2}, "days is 2: use a number from 0.0001 to 1"),
        ({"days": float("nan")}, "days is nan: use a number from 0.0001 to 1"),
        ({"share": 0.9}, "share is 0.9: use a number from 0.01 to 0.5"),
        ({"texts": True}, "texts is True: use a number from 1 to 200000"),
    ],
)
def test_numbers_and_words_that_are_not_allowed(changed, message):
    assert refused(better(), **changed) == message


def test_the_plan_is_what_was_asked_for_else_the_settings():
    plan = starting.start({**REQUEST, "labels": 50, "days": 0.5, "share": 0.2}, better().parts())["plan"]
    assert plan == {
        **{"mode": "replay", "goal": "better", "alpha": 0.05, "margin": 0.02, "most_labels": 50, "most_texts": 5_000},
        **{"ends_at": "2026-11-21T00:00:00.000Z", "share": 0.2, "unit": "text", "allocation": "fixed"},
        **{"hourly_price": None, "promote": "ask"},
    }
    assert starting.start(REQUEST, better(hourly_price="0.34").parts())["plan"]["hourly_price"] == 0.34


@pytest.mark.parametrize("mode", ["replay", "live"])
def test_a_challenger_that_does_not_come_up(mode):
    world = better()
    world.refusals = ["Endpoint: the container does not answer"]
    starting.start({**REQUEST, "mode": mode}, world.parts())
    test = until(world, record.ENDED)
    assert test["verdict"] == record.FAILED
    assert test["reason"] == "the challenger could not be started: Endpoint: the container does not answer"
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}


@pytest.mark.parametrize("phase", [record.STARTING, record.CLASSIFYING, record.RUNNING])
def test_a_champion_that_is_replaced(phase):
    world = better()
    starting.start(REQUEST, world.parts())
    if phase != record.STARTING:
        until(world, phase)
    world.approved = world.served = uri("rubric-dev-3")
    test = until(world, record.ENDED)
    assert (test["verdict"], test["reason"]) == (record.CHAMPION_REPLACED, f"{OLD} does not serve any more")
    assert world.left_over() == {"artifact": "none", "split": False, "objects": []}


def test_a_promotion_that_is_taken_back_does_not_end_the_test():
    world = better()
    starting.start(REQUEST, world.parts())
    world.approved, world.changing = uri("rubric-dev-3"), True
    until(world, record.RUNNING)
    world.changing = False  # the endpoint serves the champion again, the parameter will follow
    step.step(world.parts())
    world.approved = uri(OLD)
    assert until(world, record.ENDED)["verdict"] == record.BETTER


def test_a_challenger_that_is_rejected_while_it_answers():
    world = better()
    starting.start({**REQUEST, "mode": "live"}, world.parts())
    until(world, record.RUNNING)
    world.approvals[NEW] = "Rejected"
    test = until(world, record.ENDED)
    assert (test["verdict"], test["ended_by"]) == (record.STOPPED, "the registry")


@pytest.mark.parametrize("asked", [False, True])
def test_a_challenger_that_is_deleted_from_the_registry(asked):
    world = better()
    starting.start({**REQUEST, "mode": "live"}, world.parts())
    if asked:
        until(world, record.RUNNING)
    del world.approvals[NEW]
    test = until(world, record.ENDED)
    assert (test["verdict"], test["reason"]) == (record.STOPPED, f"{NEW} was deleted from the registry")


def test_a_replays_challenger_that_is_deleted_before_it_is_asked_for():
    world = better()
    starting.start(REQUEST, world.parts())
    del world.approvals[NEW]
    assert until(world, record.ENDED)["verdict"] == record.FAILED


def test_tests_that_are_switched_off_end():
    world = better()
    starting.start(REQUEST, world.parts())
    until(world, record.RUNNING)
    world.settings["ab_tests_enabled"] = "no"
    test = until(world, record.ENDED)
    assert (test["verdict"], test["reason"]) == (record.STOPPED, "ab_tests.enabled is false")
