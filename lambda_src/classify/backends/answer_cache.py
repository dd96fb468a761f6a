"""A cache of the model's answers, for callers that send the same texts again (api.answer_cache_seconds).

A caller's answers are kept for that caller alone: neither `x-cache` nor the response time shows what others asked.
Each running instance of the function has its own cache, so the model may classify a text once per instance.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from cachetools import TLRUCache

from lambda_src.classify import response
from lambda_src.classify.backends.answer import SAGEMAKER, Backend, ModelAnswer

MOST_TEXTS = 5_000


class AnswerCache:
    """Keeps the answers of `backend` for `seconds`."""

    def __init__(self, backend: Backend, *, seconds: float, now: Callable[[], float] = time.time) -> None:
        self._backend = backend
        # Not a TTLCache: it expects entries to end in the order in which they came, and a wall clock may be set back.
        self._known: TLRUCache[tuple[str, str], tuple[Any, ModelAnswer], float] = TLRUCache(
            MOST_TEXTS, ttu=lambda _, __, now: now + seconds, timer=now
        )

    def of(self, caller: str) -> CallersCache:
        """The backend that answers a caller. caller: the key's id."""
        return CallersCache(self, caller)

    def classify(self, texts: tuple[str, ...], *, caller: str) -> ModelAnswer:
        """From the cache if it has every text of the caller, else from the backend; `cached` says which."""
        cached = [self._known.get((caller, text)) for text in texts]
        known = [entry for entry in cached if entry is not None]
        if len(known) == len(texts):
            document = {"predictions": [prediction for prediction, _ in known]}
            return replace(known[0][1], document=document, cached=True)
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
        for text, prediction in zip(texts, answer.document["predictions"], strict=True):
            self._known[caller, text] = (prediction, answer)


@dataclass(frozen=True)
class CallersCache:
    """One caller's view of the cache."""

    cache: AnswerCache
    caller: str

    def classify(self, texts: tuple[str, ...]) -> ModelAnswer:
        """The answer to a list of texts. Raises Problem as the backend does."""
        return self.cache.classify(texts, caller=self.caller)
