"""Both models, while a live A/B test divides the texts between them: a caller never waits for the challenger alone.

What the challenger does not answer well and in time, the champion answers. A request has one backend: where Bedrock
answers instead of the champion, it answers all texts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlowError
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from contracts.ab_tests.live import CHALLENGER, CHAMPION, LiveTest, Variant
from lambda_src.classify import response
from lambda_src.classify.backends import choice
from lambda_src.classify.backends.answer import SAGEMAKER, Backend, ModelAnswer
from lambda_src.classify.backends.answer_cache import AnswerCache
from lambda_src.classify.backends.endpoint import Endpoint
from lambda_src.classify.environment import ClassifySettings
from lambda_src.classify.live_tests import Assignment
from lambda_src.common import aws
from lambda_src.common.problems import Problem

# The challenger's part of the time that the champion has alone; the rest is for asking the champion instead.
PART = 0.25
# After the challenger took too long, its texts go to the champion at once for this long; and so do all texts in one
# call after Bedrock had to answer, which would otherwise be asked twice for each request.
PAUSE_SECONDS = 10.0
_FAILURES = (Problem, BotoCoreError, ClientError, response.BadAnswerError, TooSlowError)


def make(settings: ClassifySettings, *, logger: Any) -> Split:
    """The backend with the clients it needs."""
    seconds = settings.endpoint_seconds * PART
    connect = min(0.5, seconds / 2)
    runtime = aws.client("sagemaker-runtime", connect_timeout=connect, read_timeout=seconds - connect, attempts=1)
    return Split(
        challenger_of=Challengers(runtime, cache_seconds=settings.answer_cache_seconds, logger=logger).of,
        instead=choice.make(replace(settings, endpoint_seconds=settings.endpoint_seconds - seconds), logger=logger),
        seconds=seconds,
        logger=logger,
    )


class Challengers:
    """The challenger of the test that runs. cache_seconds: how long its answers may be reused; 0 = never."""

    def __init__(self, runtime: Any, *, cache_seconds: float, logger: Any) -> None:
        self._runtime = runtime
        self._seconds = cache_seconds
        self._logger = logger
        self._known: tuple[str, Endpoint, AnswerCache | None] | None = None

    def of(self, test: LiveTest, caller: str) -> Backend:
        """What answers a caller in a test. The answers of another test's challenger are forgotten."""
        if self._known is None or self._known[0] != test["test_id"]:
            model = Endpoint(self._runtime, name=test["endpoint"], logger=self._logger)
            cache = AnswerCache(model, seconds=self._seconds) if self._seconds else None
            self._known = (test["test_id"], model, cache)
        _, model, cache = self._known
        return model if cache is None else cache.of(caller)


class Split:
    """Asks the champion, and the challenger that `challenger_of` makes for a test and a caller.

    instead: the champion, for texts that the challenger did not answer: it has less time by the `seconds` that the
    challenger had. milliseconds: a monotonic clock.
    """

    def __init__(
        self,
        *,
        challenger_of: Callable[[LiveTest, str], Backend],
        instead: Backend,
        seconds: float,
        logger: Any,
        milliseconds: Callable[[], float] = lambda: time.perf_counter() * 1000,
    ) -> None:
        self._challenger_of = challenger_of
        self._instead = instead
        self._seconds = seconds
        self._logger = logger
        self._milliseconds = milliseconds
        self._paused_until = self._whole_until = float("-inf")
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="challenger")

    def classify(
        self, texts: tuple[str, ...], assignment: Assignment, *, champion: Backend, caller: str
    ) -> ModelAnswer:
        """The answer to a list of texts. caller: the key's id. Raises Problem as the champion does."""
        chosen = assignment.challenged()
        others = sorted(set(range(len(texts))).difference(chosen))
        if not chosen or self._milliseconds() < self._whole_until:
            whole = self._noted(champion.classify(texts))
            if whole.backend != SAGEMAKER:
                return whole
            return _together(len(texts), [_Part(list(range(len(texts))), CHAMPION, whole)])
        if not others:
            second = self._of_the_challenger(texts, assignment, caller)
            if self._noted(second.answer).backend != SAGEMAKER:
                return second.answer
            return _together(len(texts), [_Part(chosen, second.variant, second.answer)], challenger_ms=second.took)
        # At the same time, with the champion's help if it fails: one after the other could take too long.
        rest = self._pool.submit(self._of_the_challenger, _some(texts, chosen), assignment, caller)
        first = self._noted(champion.classify(_some(texts, others)))
        if first.backend != SAGEMAKER:
            return self._of_one(texts, others, first, rest=_answer_of(rest), asks=champion)
        second = rest.result()
        if self._noted(second.answer).backend != SAGEMAKER:
            return self._of_one(texts, chosen, second.answer, rest=first, asks=self._instead)
        parts = [_Part(others, CHAMPION, first), _Part(chosen, second.variant, second.answer)]
        return _together(len(texts), parts, challenger_ms=second.took)

    def _of_one(
        self,
        texts: tuple[str, ...],
        positions: list[int],
        answer: ModelAnswer,
        *,
        rest: ModelAnswer | None,
        asks: Backend,
    ) -> ModelAnswer:
        """The answer of the backend that answered some of the texts, which `asks` is asked only for the others.

        rest: the answer to the others, if there is one: it counts if it is that backend's.
        """
        others = sorted(set(range(len(texts))).difference(positions))
        if rest is None or rest.backend != answer.backend:
            rest = asks.classify(_some(texts, others))
        if rest.backend != answer.backend:  # the endpoint answers again
            return asks.classify(texts)
        both = _together(len(texts), [_Part(positions, CHAMPION, answer), _Part(others, CHAMPION, rest)])
        return replace(both, variant=answer.variant, backend=answer.backend, variants=())

    def _noted(self, answer: ModelAnswer) -> ModelAnswer:
        """The same answer; for a while, no request is divided after one that is not of SageMaker."""
        if answer.backend != SAGEMAKER:
            self._whole_until = self._milliseconds() + PAUSE_SECONDS * 1000
        return answer

    def _of_the_challenger(self, texts: tuple[str, ...], assignment: Assignment, caller: str) -> _Second:
        """The challenger's answer to its texts, or the champion's instead."""
        if self._milliseconds() >= self._paused_until:
            challenger = self._challenger_of(assignment.test, caller)
            answer, took = self._ended(self._pool.submit(self._challenge, challenger, texts))
            if answer is not None:
                return _Second(answer, CHALLENGER, took)
        return _Second(self._instead.classify(texts), CHAMPION, None)

    def _challenge(self, challenger: Backend, texts: tuple[str, ...]) -> tuple[ModelAnswer, float]:
        started = self._milliseconds()
        answer = challenger.classify(texts)
        # Checked here: what the challenger gets wrong must not count as the champion's bad answer, on which alarms act.
        response.predictions(answer.document, count=len(texts))
        return answer, round(self._milliseconds() - started, 1)

    def _ended(self, call: Future[tuple[ModelAnswer, float]]) -> tuple[ModelAnswer | None, float | None]:
        try:
            return call.result(timeout=self._seconds)
        except _FAILURES as error:
            if isinstance(error, TooSlowError) or getattr(error, "status", 0) == 504:
                self._paused_until = self._milliseconds() + PAUSE_SECONDS * 1000
            self._logger.warning("the challenger failed; the champion answers", cause=type(error).__name__)
            return None, None


@dataclass(frozen=True)
class _Part:
    """What one model answered: the positions of its texts, and its answer."""

    positions: list[int]
    variant: Variant
    answer: ModelAnswer


class _Second(NamedTuple):
    """The answer to the challenger's texts, which variant gave it, and how long the challenger took, milliseconds."""

    answer: ModelAnswer
    variant: Variant
    took: float | None


def _answer_of(rest: Future[_Second]) -> ModelAnswer | None:
    """The answer to the challenger's texts; None if nobody gave one."""
    try:
        return rest.result().answer
    except (Problem, BotoCoreError, ClientError):
        return None


def _some(texts: tuple[str, ...], positions: Sequence[int]) -> tuple[str, ...]:
    return tuple(texts[position] for position in positions)


def _together(count: int, parts: Sequence[_Part], *, challenger_ms: float | None = None) -> ModelAnswer:
    """One answer of the parts. A part that does not have an answer for each of its texts is passed on without them, for
    the caller to refuse.
    """
    predictions: list[Any] = [None] * count
    variants = [""] * count
    cached = set()
    for part in parts:
        cached.add(part.answer.cached)
        document = part.answer.document
        found = document.get("predictions") if isinstance(document, dict) else None
        if not isinstance(found, list) or len(found) != len(part.positions):
            return replace(part.answer, document=None)
        for position, prediction in zip(part.positions, found, strict=True):
            predictions[position], variants[position] = prediction, part.variant
    return ModelAnswer(
        document={"predictions": predictions},
        variant=variants[0] if len(set(variants)) == 1 else "",
        cached=None if cached == {None} else cached == {True},
        variants=tuple(variants),
        challenger_ms=challenger_ms,
    )
