"""The people at the labelling desk: they know what a headline is about, and see no answer before they say so."""

from collections.abc import Callable, Mapping
from typing import Any

from local.demo.api_client import ApiClient

NAMES = ("ana", "ben")
_AT_ONCE = 100  # texts of a queue


class Desk:
    """Labellers with a key of their own. truth: the label of each headline that they know; they skip all others."""

    def __init__(self, client: ApiClient, truth: Mapping[str, str]) -> None:
        self._client = client
        self._truth = truth

    def label(self, *, most: int, samples: frozenset[str] | None = None, told: Callable[[int], None]) -> int:
        """Label at most so many texts of the queue, and return how many there were.

        samples: why a text must be in the queue to be labelled; None for any reason. told: gets the number so far.
        """
        given = 0
        while given < most:
            labeller = NAMES[given % len(NAMES)]
            texts = self._client.queue(labeller=labeller, limit=min(_AT_ONCE, most - given))["texts"]
            wanted = [text for text in texts if text["text"] in self._truth and self._is_of(text, samples)]
            if not wanted:
                break
            for text in wanted:
                self._client.label(text, label=self._truth[text["text"]], labeller=labeller)
                given += 1
                told(given)
        return given

    @staticmethod
    def _is_of(text: dict[str, Any], samples: frozenset[str] | None) -> bool:
        return samples is None or text["sample"] in samples
