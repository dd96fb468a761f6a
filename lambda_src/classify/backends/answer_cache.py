"""A short memory of the endpoint's answers, for callers that send the same texts again (api.answer_cache_seconds).

A caller's answers are remembered for that caller alone: what another one asked shows neither in `x-cache` nor in time.
Each running copy of the function has its own, so that a text may be asked of the model once a copy.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from lambda_src.classify import answers
from lambda_src.classify.endpoint import BACKEND, EndpointAnswer

MOST_TEXTS = 5_000


class Asked(Protocol):
    """What is asked when the memory has no answer."""

    def classify(self, texts: tuple[str, ...]) -> EndpointAnswer: ...


class CachingEndpoint:
    """Answers from memory when it knows every text of a request, for `seconds` after the model did."""

    def __init__(self, endpoint: Asked, *, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._endpoint = endpoint
        self._seconds = seconds
        self._now = now
        self._known: OrderedDict[tuple[str, str], tuple[float, Any, EndpointAnswer]] = OrderedDict()

    def classify(self, texts: tuple[str, ...], *, caller: str) -> EndpointAnswer:
        """As the endpoint answers, with `cached` saying where from. caller: the key's id."""
        found = [self._known.get((caller, text)) for text in texts]
        fresh = [one for one in found if one is not None and one[0] > self._now()]
        if len(fresh) == len(texts):
            document = {"predictions": [prediction for _, prediction, _ in fresh]}
            return replace(fresh[0][2], document=document, cached=True)
        answer = self._endpoint.classify(texts)
        self._keep(caller, texts, answer)
        return replace(answer, cached=False)

    def _keep(self, caller: str, texts: tuple[str, ...], answer: EndpointAnswer) -> None:
        if answer.backend != BACKEND:
            return  # a fallback's answers are not the model's: the next request asks it again
        try:
            answers.predictions(answer.document, count=len(texts))
        except answers.BadAnswerError:
            return
        until = self._now() + self._seconds
        for text, prediction in zip(texts, answer.document["predictions"], strict=True):
            self._known[caller, text] = (until, prediction, answer)
            self._known.move_to_end((caller, text))
        while len(self._known) > MOST_TEXTS:
            self._known.popitem(last=False)
