"""baseline.json: what the model that serves measured and answered on texts it was not trained on, to compare with.

Training writes it, the gate keeps it beside the model, and whatever looks for drift reads it. Everything in it is a
number of texts: the reference is itself a sample, and how large it is decides what a difference means. Of texts that
are near duplicates of one another one is counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, Literal, NotRequired, TypedDict, cast

from contracts.models.measures import DECIMALS, MEASURES

LAYOUT: Final = 2
MAX_BYTES = 1_000_000  # of the file
MAX_CONFUSION_LABELS = 500  # with more labels there is no confusion matrix
MAX_TERMS = 4_000

PREDICTED_LABEL, CONFIDENCE = "predicted_label", "confidence"
STREAMS = (PREDICTED_LABEL, CONFIDENCE, *MEASURES)

PIECES: Final = "pieces"
WORDS: Final = "words"

BINS = 10  # of confidence and of length, about
# Of the two shares; the first bin holds zero alone.
SHARE_EDGES = (0.0, 10**-DECIMALS, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)


class BaselineError(ValueError):
    """The document is not a reference of this layout; one sentence."""


class Stream(TypedDict):
    """Texts by label, or by bin: edge i opens bin i, and the last bin is open-ended. No text counted here chose them.

    counts: texts; of a text without this measure, none. In `predicted_label` they are in the order of `labels`, and
    there are no edges.
    """

    edges: NotRequired[list[float]]
    counts: list[int]


class Baseline(TypedDict):
    """The whole file.

    texts: counted. length_unit: of `length`: word pieces, or words where a linear model serves alone. streams: by
    name; one that no text has a measure for is left out. confusion: texts by true and by predicted label, None with
    more than MAX_CONFUSION_LABELS. prior: the share of each label among the training texts, to which the
    probabilities are calibrated (the parts of a split are stratified), in the order of `labels`. mean_confidence,
    accuracy: of the texts counted. terms: the most frequent words (`contracts.texts.words`) of the training texts,
    and how many of `term_texts` texts have each.
    """

    layout: Literal[2]
    model_version: str
    texts: int
    length_unit: Literal["pieces", "words"]
    labels: list[str]
    streams: dict[str, Stream]
    confusion: list[list[int]] | None
    prior: list[float]
    mean_confidence: float
    accuracy: float
    term_texts: int
    terms: dict[str, int]


def bin_of(value: float, edges: Sequence[float]) -> int:
    """The number of the bin that a value is in; what is below the first edge is in the first bin."""
    return max(bisect_right(edges, value) - 1, 0)


def read(document: Any) -> Baseline:
    """The document as a reference. BaselineError if it has another layout or lacks a part."""
    if not isinstance(document, dict):
        raise BaselineError("the reference is not a JSON object")
    if document.get("layout") != LAYOUT:
        raise BaselineError(f"the reference has layout {document.get('layout')!r}; this version reads layout {LAYOUT}")
    missing = sorted(Baseline.__annotations__.keys() - document.keys())
    if missing:
        raise BaselineError(f"the reference has no {missing[0]}")
    labels, streams = document["labels"], document["streams"]
    if not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
        raise BaselineError("the reference's labels are not a list of names")
    if not isinstance(streams, dict) or PREDICTED_LABEL not in streams:
        raise BaselineError(f"the reference has no stream {PREDICTED_LABEL}")
    for name, stream in streams.items():
        if not _is_stream(stream, bins=len(labels) if name == PREDICTED_LABEL else None):
            raise BaselineError(f"the reference's stream {name} has no number of texts for each label or bin")
    return cast(Baseline, document)


def _is_stream(stream: Any, *, bins: int | None) -> bool:
    if not isinstance(stream, dict) or not isinstance(stream.get("counts"), list):
        return False
    counts, edges = stream["counts"], stream.get("edges")
    if bins is None:
        if not isinstance(edges, list) or not all(_is_number(each) for each in edges):
            return False
        if any(low >= high for low, high in pairwise(edges)):
            return False
        bins = len(edges)
    return len(counts) == bins > 0 and all(type(each) is int and each >= 0 for each in counts)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
