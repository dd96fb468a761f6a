"""A cache of the model's answers, for callers that send the same texts again (api.answer_cache_seconds).

A caller's answers are kept for that caller alone: neither `x-cache` nor the response time shows what others asked.
Each running instance of the function has its own cache, so the model may classify a text once per instance.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lambda_src.classify import response
from lambda_src.classify.backends.answer import SAGEMAKER, Backend, ModelAnswer

MOST_TEXTS = 5_000


class AnswerCache:
    """Keeps the answers of `backend` for `seconds`."""

    def __init__(self, backend: Backend, *, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._backend = backend
        self._seconds = seconds
        self._now = now
        self._known: OrderedDict[tuple[str, str], tuple[float, Any, ModelAnswer]] = OrderedDict()

    def of(self, caller: str) -> CallersCache:
        """The backend that answers a caller. caller: the key's id."""
        return CallersCache(self, caller)

    def classify(self, texts: tuple[str, ...], *, caller: str) -> ModelAnswer:
        """From the cache if it has every text of the caller, else from the backend; `cached` says which."""
        cached = [self._known.get((caller, text)) for text in texts]
        fresh = [entry for entry in cached if entry is not None and entry[0] > self._now()]
        if len(fresh) == len(texts):
            document = {"predictions": [prediction for _, prediction, _ in fresh]}
            return replace(fresh[0][2], document=document, cached=True)
        answer = self._backend.classify(texts)
        self._keep(caller, texts, answer)
        return replace(answer, cached=False)

    def _keep(self, caller: str, texts: tuple[str, ...], answer: ModelAnswer) -> None:
        if answer.backend != SAGEMAKER:
            return  # a fallback's answers are not the model's: the next request asks the model again
        try:
            response.predictions(answer.document, count=len(texts))
        except response.BadAnswerError:
            return
        until = self._now() + self._seconds
        for text, prediction in zip(texts, answer.document["predictions"], strict=True):
            self._known[caller, text] = (until, prediction, answer)
            self._known.move_to_end((caller, text))
        while len(self._known) > MOST_TEXTS:
            self._known.popitem(last=False)


@dataclass(frozen=True)
class CallersCache:
    """One caller's view of the cache."""

    cache: AnswerCache
    caller: str

    def classify(self, texts: tuple[str, ...]) -> ModelAnswer:
        """The answer to a list of texts. Raises Problem as the backend does."""
        return self.cache.classify(texts, caller=self.caller)
