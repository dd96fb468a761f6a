"""The function's actions: what each answers, and that a mistake of the caller's is no error of the function."""

from __future__ import annotations

import json

import pytest

from contracts.ab_tests import record
from lambda_src.ab_test import handler, step
from lambda_src.ab_test.challenger import Challenger
from lambda_src.ab_test.errors import OvertakenError
from tests.unit.lambda_src.ab_test.environment import settings
from tests.unit.lambda_src.ab_test.test_replay import REQUEST, better


@pytest.fixture
def world(monkeypatch):
    made = better()
    monkeypatch.setattr(handler, "_parts", lambda context: made.parts())
    monkeypatch.setattr(handler, "_settings", settings)
    return made


@pytest.fixture
def act(world, context):
    def act(action, **request):
        answer = handler.handler({"action": action, **request}, context)
        assert json.loads(json.dumps(answer)) == answer
        return answer

    return act


def until(world, act, phase):
    for _ in range(100):
        answer = act("step")
        if answer["status"] == phase:
            return answer
        world.labels_asked(10)
        world.passes()
    raise AssertionError(answer)


def test_a_test_from_its_start_to_its_promotion(world, act):
    assert act("status") == act("step") == {"status": "none", "reason": "no test was made yet", "test": None}
    started = act(**REQUEST)
    assert (started["status"], started["test"]["by"], started["test"]["open"]) == (record.STARTING, "ann", 0)
    running = until(world, act, record.RUNNING)
    assert running["test"]["open"] == 75 and running["test"]["disagreements"] == []
    test_id = running["test"]["test_id"]
    assert act("list") == {"status": "listed", "reason": "", "tests": []}
    ended = until(world, act, record.ENDED)
    assert (ended["test"]["verdict"], ended["reason"]) == (record.BETTER, ended["test"]["reason"])
    assert ended["test"]["open"] + len(ended["test"]["disagreements"]) == 75
    assert act("promote", test_id=test_id)["test"]["promoted"] == f"arn:execution:ab-{test_id}"
    [listed] = act("list")["tests"]
    assert (listed["test_id"], listed["looks"], listed["disagreements"]) == (test_id, [], [])
    assert act("status", test_id=test_id) == act("status")


def test_an_earlier_test_is_shown_by_its_id(world, act):
    first = act(**REQUEST)["test"]["test_id"]
    act("stop", by="ben")
    until(world, act, record.ENDED)
    act(**REQUEST)
    assert act("status", test_id=first)["test"]["verdict"] == record.STOPPED
    assert act("status", test_id="x") == {
        "status": "refused",
        "reason": "there is no test 'x': see `rubric ab list`",
        "test": None,
    }


@pytest.mark.parametrize(
    ("action", "request_", "reason"),
    [
        ("start", {"version": "x", "mode": "replay"}, "there is no model 'x' in the registry"),
        ("stop", {}, "no test runs"),
        ("promote", {}, "no test was made"),
    ],
)
def test_what_is_refused_is_an_answer(act, action, request_, reason):
    answer = act(action, **request_)
    assert (answer["status"], answer["test"]) == ("refused", None) and answer["reason"].startswith(reason)


def test_an_action_that_does_not_exist(act):
    with pytest.raises(ValueError, match="action is 'go'; use one of: start, stop, promote, status, list, step"):
        act("go")


def test_a_step_that_another_was_faster_than_answers_with_the_record(world, act, monkeypatch):
    act(**REQUEST)

    def overtaken(parts):
        raise OvertakenError("another step")

    monkeypatch.setattr(step, "step", overtaken)
    assert act("step")["status"] == record.STARTING


def left_over(capsys):
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "ChallengerLeftOver" in line]
    return [document["ChallengerLeftOver"][0] for document in documents]


def test_what_is_left_over_is_a_metric_and_says_what_to_do(world, act, capsys):
    act(**REQUEST)
    act("step")
    world.passes()
    act("stop", by="ben")
    world.refusals = ["Endpoint: it cannot be deleted"]
    stuck = []
    for _ in range(6):
        answer = act("step")
        stuck.append(answer["test"]["progress"]["stuck"])
        world.passes()
    assert stuck == ["", "Endpoint: it cannot be deleted", *[""] * 4]
    assert left_over(capsys) == [0, 0, 1, 0, 0, 0, 0]
    assert act("status")["test"]["phase"] == record.ENDED


def test_the_parts_are_made_of_the_settings(account, context, configure):
    variables = {
        name.upper(): json.dumps(value) if isinstance(value, list) else str(value)
        for name, value in vars(settings(challenger_resource_types=["AWS::SageMaker::Model"])).items()
    }
    configure(handler, **variables)
    parts = handler._parts(context)
    assert isinstance(parts.challenger, Challenger) and parts.challenger.endpoint_name == "rubric-dev-challenger"
    assert parts.settings.most_texts == 5_000 and parts.has_time() and len(parts.new_id()) == 8
