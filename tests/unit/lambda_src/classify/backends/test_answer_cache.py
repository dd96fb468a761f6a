"""Tests classify/backends/answer_cache.py."""

from __future__ import annotations

import pytest

from lambda_src.classify.backends import answer_cache
from lambda_src.classify.backends.answer import ModelAnswer
from lambda_src.classify.backends.answer_cache import AnswerCache

LABELS = ["A", "B"]


class Model:
    """Counts how often it is asked; version "m<count>"."""

    def __init__(self, document=None):
        self.asked = []
        self.document = document

    def classify(self, texts):
        self.asked.append(texts)
        prediction = {"predicted_label": "A", "probabilities": [[0.9, 0.1]], "labels": LABELS}
        made = {"predictions": [{**prediction, "model_version": f"m{len(self.asked)}"} for _ in texts]}
        return ModelAnswer(document=self.document or made, variant="champion")


def ask(endpoint, *texts, caller="k"):
    return endpoint.classify(texts, caller=caller)


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def endpoint(model, clock):
    return AnswerCache(model, seconds=10, now=lambda: clock[0])


def test_an_identical_text_is_answered_from_memory(model, endpoint):
    first, second = ask(endpoint, "a"), ask(endpoint, "a")
    assert (first.cached, second.cached) == (False, True)
    assert (second.document, second.variant) == (first.document, "champion")
    assert len(model.asked) == 1


def test_what_another_caller_asked_is_not_known(model, endpoint):
    ask(endpoint, "a", caller="k")
    assert not ask(endpoint, "a", caller="other").cached
    assert len(model.asked) == 2
    assert ask(endpoint, "a", caller="k").cached and ask(endpoint, "a", caller="other").cached


def test_a_list_is_a_hit_when_every_text_is_known(endpoint):
    ask(endpoint, "a", "b")
    assert ask(endpoint, "b", "a", "a").cached
    assert not ask(endpoint, "a", "c").cached


def test_it_forgets_in_time(endpoint, clock):
    ask(endpoint, "a")
    clock[0] = 9.9
    assert ask(endpoint, "a").cached
    clock[0] = 10.0
    assert not ask(endpoint, "a").cached


def test_it_is_bounded(model, clock, monkeypatch):
    monkeypatch.setattr(answer_cache, "MOST_TEXTS", 2)
    endpoint = AnswerCache(model, seconds=10, now=lambda: clock[0])
    for text in ("a", "b", "c"):
        ask(endpoint, text)
    assert not ask(endpoint, "a").cached
    assert ask(endpoint, "c").cached


def test_it_makes_room_although_the_clock_was_set_back(model, clock, monkeypatch):
    monkeypatch.setattr(answer_cache, "MOST_TEXTS", 2)
    endpoint = AnswerCache(model, seconds=10, now=lambda: clock[0])
    for clock[0], text in ((100.0, "a"), (80.0, "b"), (81.0, "a"), (95.0, "c")):
        ask(endpoint, text)
    assert ask(endpoint, "a").cached and ask(endpoint, "c").cached
    assert not ask(endpoint, "b").cached


def test_an_unusable_answer_is_not_remembered(clock):
    endpoint = AnswerCache(Model({"predictions": []}), seconds=10, now=lambda: clock[0])
    ask(endpoint, "a")
    assert not ask(endpoint, "a").cached
