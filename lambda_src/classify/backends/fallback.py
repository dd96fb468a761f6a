"""The endpoint, and Bedrock while the endpoint is unavailable."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.classify.backends.answer import Backend, ModelAnswer, ModelAsleep
from lambda_src.common.problems import Problem

# The endpoint's answers while it is stopped, is starting, is being replaced or hangs.
_UNAVAILABLE = {503, 504}
# After one request timed out at the endpoint, the next ones skip it for this long.
PAUSE_SECONDS = 10.0


class WithFallback:
    """Asks `first`, or `second` while `first` is unavailable. `seconds` is a monotonic clock."""

    def __init__(
        self, first: Backend, second: Backend, *, logger: Any, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._first = first
        self._second = second
        self._logger = logger
        self._seconds = seconds
        self._paused_until = float("-inf")

    def classify(self, texts: tuple[str, ...]) -> ModelAnswer:
        """The answer of one of the two. If both fail, raises the Problem of `first`."""
        if self._seconds() < self._paused_until:
            try:
                return self._second.classify(texts)
            except (Problem, BotoCoreError, ClientError):
                self._logger.exception("the fallback failed; trying the endpoint")
                self._paused_until = float("-inf")
                return self._first.classify(texts)
        try:
            return self._first.classify(texts)
        except Problem as problem:
            if problem.status not in _UNAVAILABLE:
                raise
            if problem.status == 504:
                self._paused_until = self._seconds() + PAUSE_SECONDS
            return self._instead_of(problem, texts)

    def _instead_of(self, problem: Problem, texts: tuple[str, ...]) -> ModelAnswer:
        try:
            answer = self._second.classify(texts)
            return replace(answer, asleep=True) if isinstance(problem, ModelAsleep) else answer
        except (Problem, BotoCoreError, ClientError):
            self._logger.exception("the fallback failed")
            raise problem from None
