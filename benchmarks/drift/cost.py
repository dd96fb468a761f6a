"""Processor time of the shipped code."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from contracts.models.baseline import SHARE_EDGES, Baseline, Stream
from lambda_src.drift.statistics import signatures
from lambda_src.drift.statistics.monitor import Monitor
from lambda_src.drift.statistics.observation import Observation

REQUESTS = {1: 3_200, 16: 320}  # by the texts of a request
LABELS = (4, 500)
_TENTHS = [number / 10 for number in range(10)]
_WORDS = [f"word{number}" for number in range(3_000)]


def a_million() -> dict[str, float]:
    """Seconds by labels and texts a request, and for the signatures of a million texts of ten words."""
    found = {
        f"{labels} labels, requests of {texts}": _seconds(labels, texts=texts, requests=requests)
        for labels in LABELS
        for texts, requests in REQUESTS.items()
    }
    chance = random.Random(1)
    texts = [" ".join(chance.choices(_WORDS, k=10)) for _ in range(2_000)]
    started = time.process_time()
    for text in texts:
        signatures.of_text(text)
    return {**found, "signatures": round((time.process_time() - started) * 1e6 / len(texts))}


def _seconds(labels: int, *, texts: int, requests: int) -> float:
    chance = random.Random(labels)
    monitor = Monitor.start(_reference(labels))
    made = [[_text(chance, labels) for _ in range(texts)] for _ in range(requests)]
    started = time.process_time()
    for request in made:
        monitor.add(request)
    return round((time.process_time() - started) * 1e6 / (texts * requests))


def _text(chance: random.Random, labels: int) -> Observation:
    return Observation(
        label=f"label {chance.randrange(labels)}",
        confidence=chance.random(),
        length=chance.random(),
        unknown_pieces=chance.random() ** 4,
        unseen_words=chance.random() ** 4,
    )


def _reference(labels: int) -> Baseline:
    def stream(edges: Sequence[float]) -> Stream:
        return {"edges": list(edges), "counts": [1500 // len(edges)] * len(edges)}

    streams: dict[str, Stream] = {
        "predicted_label": {"counts": [max(1500 // labels, 1)] * labels},
        "confidence": stream(_TENTHS),
        "length": stream(_TENTHS),
        "unknown_pieces": stream(SHARE_EDGES),
        "unseen_words": stream(SHARE_EDGES),
    }
    return {
        "layout": 2,
        "model_version": "benchmark",
        "texts": 1500,
        "length_unit": "pieces",
        "labels": [f"label {number}" for number in range(labels)],
        "streams": streams,
        "confusion": None,
        "prior": [1 / labels] * labels,
        "mean_confidence": 0.8,
        "accuracy": 0.8,
        "term_texts": 0,
        "terms": {},
    }
