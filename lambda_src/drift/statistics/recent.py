"""Texts of one story count once: a bounded memory of the texts counted last."""

from __future__ import annotations

import base64
from array import array
from collections import deque

from lambda_src.drift.statistics.observation import Signature

TEXTS = 2048


class Recent:
    """The signatures of the last TEXTS texts that were unlike those before them."""

    def __init__(self) -> None:
        self._order: deque[Signature] = deque()
        self._texts: dict[tuple[int, int], int] = {}

    def is_new(self, signature: Signature) -> bool:
        """Whether it agrees with none of them in any of its numbers; it is kept if so."""
        keys = list(enumerate(signature))
        if any(key in self._texts for key in keys):
            return False
        self._order.append(signature)
        for key in keys:
            self._texts[key] = self._texts.get(key, 0) + 1
        if len(self._order) > TEXTS:
            for key in enumerate(self._order.popleft()):
                self._texts[key] -= 1
                if not self._texts[key]:
                    del self._texts[key]
        return True

    def document(self) -> list[str]:
        """Oldest first, each the base64 of its 32-bit numbers."""
        return [base64.b64encode(array("I", each).tobytes()).decode() for each in self._order]

    @classmethod
    def of(cls, document: list[str]) -> Recent:
        """Of what `document` returned."""
        recent = cls()
        for each in document:
            recent.is_new(tuple(array("I", base64.b64decode(each))))
        return recent
