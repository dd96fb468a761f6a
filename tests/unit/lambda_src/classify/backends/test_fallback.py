"""Tests classify/backends/fallback.py."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
)

from lambda_src.classify.backends import answer, fallback
from lambda_src.common.problems import Problem


class Port:
    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.asked = 0

    def classify(self, texts):
        self.asked += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


FIRST = answer.ModelAnswer(document={}, variant="champion")
SECOND = answer.ModelAnswer(document={}, variant="", backend="bedrock")


@pytest.mark.parametrize("problem", [answer.unavailable(), answer.timed_out()])
def test_bedrock_answers_while_the_endpoint_is_unavailable(logger, problem):
    both = fallback.WithFallback(Port(problem), Port(SECOND), logger=logger)
    assert both.classify(("a",)) is SECOND


def test_an_endpoint_that_answers_is_the_only_one_asked(logger):
    second = Port()
    assert fallback.WithFallback(Port(FIRST), second, logger=logger).classify(("a",)) is FIRST
    assert second.asked == 0


@pytest.mark.parametrize("slug", ["too-many-requests", "bad-model-answer", "invalid-input", "body-too-large"])
def test_other_failures_are_the_callers_to_know(logger, slug):
    second = Port()
    with pytest.raises(Problem) as raised:
        fallback.WithFallback(Port(Problem(slug, "x")), second, logger=logger).classify(("a",))
    assert (raised.value.slug, second.asked) == (slug, 0)


@pytest.mark.parametrize(
    "failure",
    [
        answer.throttled(),
        answer.timed_out(),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Converse"),
        EndpointConnectionError(endpoint_url="u"),
    ],
)
def test_when_both_fail_the_endpoints_problem_is_answered(logger, failure):
    with pytest.raises(Problem) as raised:
        fallback.WithFallback(Port(answer.unavailable()), Port(failure), logger=logger).classify(("a",))
    assert raised.value.slug == "model-unavailable"
    assert logger.messages("exception") == ["the fallback failed"]


def test_after_a_timeout_the_endpoint_is_left_alone_for_a_while(logger):
    now = [0.0]
    first, second = Port(answer.timed_out(), FIRST), Port(SECOND, SECOND)
    both = fallback.WithFallback(first, second, logger=logger, seconds=lambda: now[0])
    assert both.classify(("a",)) is SECOND
    now[0] = fallback.PAUSE_SECONDS - 0.1
    assert both.classify(("a",)) is SECOND
    assert first.asked == 1
    now[0] = fallback.PAUSE_SECONDS
    assert both.classify(("a",)) is FIRST


def test_a_fallback_that_fails_meanwhile_gives_the_endpoint_its_turn(logger):
    first, second = Port(answer.timed_out(), FIRST, FIRST), Port(SECOND, answer.throttled())
    both = fallback.WithFallback(first, second, logger=logger, seconds=lambda: 1.0)
    assert [both.classify(("a",)) for _ in range(3)] == [SECOND, FIRST, FIRST]


def test_an_endpoint_that_refuses_at_once_is_asked_each_time(logger):
    first = Port(answer.unavailable(), FIRST)
    both = fallback.WithFallback(first, Port(SECOND), logger=logger, seconds=lambda: 1.0)
    assert [both.classify(("a",)) for _ in range(2)] == [SECOND, FIRST]


def test_what_bedrock_answers_while_the_model_sleeps_is_told_apart(logger):
    both = fallback.WithFallback(Port(answer.ModelAsleep(200)), Port(SECOND), logger=logger)
    answered = both.classify(("a",))
    assert answered.asleep and answered.backend == "bedrock"
