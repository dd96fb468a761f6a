"""Tests classify/backends/split.py: both models answer, and the champion whatever becomes of the challenger."""

from __future__ import annotations

import io
import json
import threading
from typing import Any

import pytest

from contracts.ab_tests.live import CHALLENGER, CHAMPION
from lambda_src.classify.backends import split
from lambda_src.classify.backends.answer import BEDROCK, ModelAnswer, bad_answer, throttled, timed_out, unavailable
from lambda_src.classify.backends.split import Challengers, Split
from lambda_src.classify.environment import ClassifySettings
from lambda_src.common.problems import Problem
from tests.unit.lambda_src.classify.live import TEST, assignment, changed

BOTH = assignment(CHAMPION, CHALLENGER, CHAMPION, CHALLENGER)
TEXTS = ("a", "b", "c", "d")
ALL_CHALLENGED = assignment(CHALLENGER)


class Model:
    """Answers with its name as the version, or fails. gate: what it waits for before."""

    def __init__(self, name, *, backend="sagemaker", cached=None):
        self.name, self.backend, self.cached = name, backend, cached
        self.asked, self.failure, self.document, self.gate = [], None, None, None

    def classify(self, texts):
        self.asked.append(texts)
        if self.gate is not None:
            self.gate.wait(5)
        if self.failure is not None:
            raise self.failure
        row = {} if self.backend == BEDROCK else {"probabilities": [[0.9, 0.1]]}
        each = {"predicted_label": "A", **row, "labels": ["A", "B"], "model_version": self.name}
        usual = {"predictions": [{**each, "text": text} for text in texts]}
        document = usual if self.document is None else self.document
        return ModelAnswer(document=document, variant="any", backend=self.backend, cached=self.cached)


class Turns:
    """Each call is another model's."""

    def __init__(self, models):
        self.models = models

    def classify(self, texts):
        return self.models.pop(0).classify(texts)


class World:
    def __init__(self, logger):
        self.champion, self.challenger, self.instead = Model("champion"), Model("challenger"), Model("instead")
        self.clock = 0.0
        self.split = Split(
            challenger_of=lambda test, caller: self.challenger,
            instead=self.instead,
            seconds=0.5,
            logger=logger,
            milliseconds=lambda: self.clock,
        )

    def ask(self, chosen=BOTH, texts=TEXTS):
        return self.split.classify(texts, chosen, champion=self.champion, caller="k")


@pytest.fixture
def world(logger):
    return World(logger)


def versions(answer):
    return [each["model_version"] for each in answer.document["predictions"]]


def test_each_model_answers_its_own_texts_in_their_order(world):
    answer = world.ask()
    assert (world.champion.asked, world.challenger.asked, world.instead.asked) == ([("a", "c")], [("b", "d")], [])
    assert [each["text"] for each in answer.document["predictions"]] == list(TEXTS)
    assert answer.variants == BOTH.variants and versions(answer) == list(BOTH.variants)
    assert answer.challenger_ms == 0.0 and answer.variant == ""


def test_a_request_of_one_model_alone(world):
    answer = world.ask(assignment(CHAMPION), ("a",))
    assert (answer.variants, answer.variant, answer.challenger_ms) == ((CHAMPION,), CHAMPION, None)
    assert world.challenger.asked == []
    answer = world.ask(ALL_CHALLENGED, ("a",))
    assert (answer.variants, answer.variant) == ((CHALLENGER,), CHALLENGER) and len(world.champion.asked) == 1


def test_both_are_asked_at_the_same_time(world):
    world.challenger.gate = threading.Event()
    ask = world.champion.classify

    def after_the_challenger_began(texts):
        world.challenger.gate.set()  # the challenger would wait in vain if the champion came after it
        return ask(texts)

    world.champion.classify = after_the_challenger_began
    assert world.ask().variants == BOTH.variants


@pytest.mark.parametrize(
    "failure", [unavailable(), timed_out(), throttled(), bad_answer(), Problem("invalid-input", "x")]
)
def test_what_the_challenger_fails_to_answer_the_champion_answers(world, failure):
    world.challenger.failure = failure
    answer = world.ask()
    assert answer.variants == (CHAMPION,) * 4 and answer.challenger_ms is None
    assert versions(answer) == ["champion", "instead", "champion", "instead"]
    assert world.instead.asked == [("b", "d")]


@pytest.mark.parametrize("document", [{"predictions": []}, {}, [], {"predictions": [{"predicted_label": "A"}] * 2}])
def test_an_unusable_answer_of_the_challenger_is_not_the_champions(world, document):
    world.challenger.document = document
    assert world.ask().variants == (CHAMPION,) * 4


def test_a_challenger_that_hangs_is_waited_for_no_longer_than_its_part(world):
    world.challenger.gate = threading.Event()
    assert world.ask(ALL_CHALLENGED, ("a",)).variants == (CHAMPION,)
    # For a while, it is not asked at all.
    assert world.ask(ALL_CHALLENGED, ("a",)).variants == (CHAMPION,) and len(world.challenger.asked) == 1
    world.challenger.gate.set()
    world.clock += split.PAUSE_SECONDS * 1000
    assert world.ask(ALL_CHALLENGED, ("a",)).variants == (CHALLENGER,)


def test_the_champion_is_asked_instead_while_it_answers_its_own_texts(world):
    """One after the other, a slow champion and a slow challenger would take longer than the API has."""
    world.challenger.failure, world.champion.gate = timed_out(), threading.Event()
    ask, in_time = world.instead.classify, []

    def meanwhile(texts):
        in_time.append(not world.champion.gate.is_set())
        world.champion.gate.set()
        return ask(texts)

    world.instead.classify = meanwhile
    wait = world.champion.gate.wait
    world.champion.gate.wait = lambda seconds: in_time.append(wait(seconds))
    assert world.ask().variants == (CHAMPION,) * 4
    assert in_time == [True, True]


def test_a_challenger_that_fails_at_once_is_asked_again(world):
    world.challenger.failure = unavailable()
    world.ask(), world.ask()
    assert len(world.challenger.asked) == 2


def test_the_champions_failure_is_the_requests(world):
    world.champion.failure = unavailable()
    with pytest.raises(Problem, match="not available"):
        world.ask()
    world.challenger.failure, world.instead.failure = unavailable(), timed_out()
    with pytest.raises(Problem, match="in time"):
        world.ask(ALL_CHALLENGED, ("a",))


def test_a_request_has_one_backend(world):
    """Bedrock states no probabilities: an answer that had them for some texts only would fit no schema."""
    bedrock = Model("bedrock", backend=BEDROCK)
    world.champion = bedrock
    answer = world.ask()
    assert (answer.backend, versions(answer), answer.variants) == (BEDROCK, ["bedrock"] * 4, ())
    assert [each["text"] for each in answer.document["predictions"]] == list(TEXTS)
    assert bedrock.asked == [("a", "c"), ("b", "d")]  # each text once
    # For a while, a request is one call, whoever was to answer it.
    world.ask()
    assert bedrock.asked[2:] == [TEXTS] and len(world.challenger.asked) <= 1
    world.champion = Model("champion")
    assert world.ask().variants == (CHAMPION,) * 4 and world.champion.asked == [TEXTS]
    world.clock += 2 * split.PAUSE_SECONDS * 1000
    world.challenger.failure, world.split._instead = unavailable(), bedrock
    bedrock.asked.clear()
    answer = world.ask()
    assert (answer.backend, versions(answer), answer.variants) == (BEDROCK, ["bedrock"] * 4, ())
    assert bedrock.asked == [("b", "d"), ("a", "c")]


def test_with_both_models_away_bedrock_is_asked_once_for_each_text(world):
    bedrock = Model("bedrock", backend=BEDROCK)
    world.champion = world.split._instead = bedrock
    world.challenger.failure = unavailable()
    answer = world.ask()
    assert (answer.backend, versions(answer)) == (BEDROCK, ["bedrock"] * 4)
    assert sorted(bedrock.asked) == [("a", "c"), ("b", "d")]


def test_where_the_endpoint_is_back_meanwhile_it_answers_all(world):
    answers = [Model("bedrock", backend=BEDROCK), world.champion, world.champion]
    champion, world.champion = world.champion, Turns(answers)
    assert versions(world.ask()) == ["champion"] * 4 and champion.asked == [("b", "d"), TEXTS]


def test_where_nobody_answers_the_challengers_texts_bedrock_does(world):
    world.champion = bedrock = Model("bedrock", backend=BEDROCK)
    world.challenger.failure, world.instead.failure = unavailable(), unavailable()
    assert versions(world.ask()) == ["bedrock"] * 4 and bedrock.asked == [("a", "c"), ("b", "d")]


def test_a_champions_answer_that_is_too_short_is_left_to_be_refused(world):
    world.champion.document = {"predictions": []}
    assert world.ask().document is None


@pytest.mark.parametrize(
    ("champion", "challenger", "both"), [(None, None, None), (True, True, True), (True, False, False)]
)
def test_an_answer_is_from_the_cache_if_all_of_it_is(world, champion, challenger, both):
    world.champion.cached, world.challenger.cached = champion, challenger
    assert world.ask().cached is both


class Runtime:
    def __init__(self):
        self.endpoints = []

    def invoke_endpoint(self, *, EndpointName, Body, **others):
        self.endpoints.append(EndpointName)
        count = len(json.loads(Body)["inputs"])
        each = {"predicted_label": "A", "probabilities": [[0.9, 0.1]], "labels": ["A", "B"], "model_version": "m"}
        return {"Body": io.BytesIO(json.dumps({"predictions": [each] * count}).encode())}


def test_a_cached_answer_is_of_one_test_and_one_caller(logger):
    runtime = Runtime()
    challengers = Challengers(runtime, cache_seconds=60, logger=logger)
    for test, caller in ((TEST, "k"), (TEST, "k"), (TEST, "other"), (changed(test_id="next", endpoint="e"), "k")):
        challengers.of(test, caller).classify(("a",))
    assert runtime.endpoints == ["rubric-dev-challenger", "rubric-dev-challenger", "e"]


def test_without_a_cache_each_text_is_asked_again(logger):
    runtime = Runtime()
    challengers = Challengers(runtime, cache_seconds=0, logger=logger)
    for _ in range(2):
        assert challengers.of(TEST, "k").classify(("a",)).cached is None
    assert len(runtime.endpoints) == 2


@pytest.mark.parametrize("seconds", [1, 6, 16])
def test_the_challengers_time_is_taken_from_the_champions(account, logger, seconds):
    settings = ClassifySettings(
        request_log_table="t", log_dlq_url="u", request_log_days=1, request_log_shards=1, request_log_text="store",
        answers_table="a", environment="dev", endpoint_name="e", endpoint_seconds=seconds,
    )  # fmt: skip
    made: Any = split.make(settings, logger=logger)
    challenger = made._challenger_of(TEST, "k")._runtime.meta.config
    champion = made._instead._runtime.meta.config
    assert challenger.connect_timeout + challenger.read_timeout == made._seconds == seconds / 4
    assert champion.read_timeout + made._seconds == seconds
    assert challenger.retries["total_max_attempts"] == champion.retries["total_max_attempts"] == 1
