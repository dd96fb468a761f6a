"""A single text uses all cores if that is faster, with the same answer."""

from __future__ import annotations

import time

import numpy as np
import pytest

from model_code.serving.classifier import Classifier
from model_code.serving.lean import low_load
from tests.unit.model_code.conftest import Job


class Timed:
    """Takes so many seconds for a text; its sibling by ``with_threads`` takes ``shared``."""

    def __init__(self, seconds: float, shared: float) -> None:
        self.seconds, self.shared = seconds, shared

    def with_threads(self, threads: int) -> Timed:
        assert threads == 2
        return Timed(self.shared, 0)

    def encode(self, texts: list[str]) -> list[str]:
        return texts

    def predict_encodings(self, _: list[str]) -> None:
        time.sleep(self.seconds)


@pytest.mark.parametrize(("one", "several", "chosen"), [(0.008, 0.001, True), (0.001, 0.008, False)])
def test_the_quicker_way_is_chosen(one: float, several: float, chosen: bool) -> None:
    fastest = low_load.fastest(Timed(one, several), threads=2)  # type: ignore[arg-type]
    assert (fastest is not None) is chosen


class Disturbed(Timed):
    """Other work holds up two of three of its calls."""

    calls = 0

    def predict_encodings(self, _: list[str]) -> None:
        self.calls += 1
        time.sleep(0.012 if self.calls % 3 else self.seconds)


def test_bursts_of_other_work_do_not_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timed, "with_threads", lambda timed, threads: Disturbed(timed.shared, 0))
    assert low_load.fastest(Timed(0.006, 0.001), threads=2) is not None  # type: ignore[arg-type]


def test_with_one_core_there_is_nothing_to_choose() -> None:
    assert low_load.fastest(Timed(0, 0), threads=1) is None  # type: ignore[arg-type]


def test_with_threads_it_answers_the_same(trained: Job) -> None:
    one = Classifier(trained.model, threads=1, native=False)
    several = one.with_threads(2)
    assert several is not None
    texts = ["Shares rally", "New vaccine cuts flu cases among children"]
    assert np.allclose(one.predict(texts), several.predict(texts), atol=1e-5)
    assert several.model_version == one.model_version
