"""Which exported file serves, and why."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from model_code.training.exporting import candidates
from model_code.training.exporting.candidates import Candidate


def candidate(precision: str, milliseconds: float, agreement: float = 1.0, *, worse: bool = False) -> Candidate:
    return Candidate(
        precision=precision,
        agreement=agreement,
        accuracy=0.9,
        significantly_worse=worse,
        max_probability_difference=0.0,
        batch_sensitivity=0.0,
        ms_alone=milliseconds,
        ms_in_batches=milliseconds,
        ms_per_text=milliseconds,
        megabytes=1.0,
    )


FLOAT, DYNAMIC, STATIC = candidate("float32", 3.0), candidate("int8-dynamic", 1.0), candidate("int8-static", 1.0)


@pytest.mark.parametrize(
    ("measured", "chosen", "words"),
    [
        ([FLOAT, DYNAMIC, STATIC], "int8-static", "serving int8-static: 1 ms of a core per text"),
        (
            [FLOAT, DYNAMIC, replace(STATIC, ms_per_text=1.19)],
            "int8-static",
            "20% faster, because its answers depend on the batch",
        ),
        ([FLOAT, DYNAMIC, replace(STATIC, ms_per_text=1.21)], "int8-dynamic", "serving int8-dynamic"),
        ([replace(FLOAT, ms_per_text=0.9), replace(STATIC, ms_per_text=0.94)], "int8-static", "smaller file"),
        ([replace(FLOAT, ms_per_text=0.9), replace(STATIC, ms_per_text=0.96)], "float32", "int8-static 0.96 ms"),
        ([replace(FLOAT, ms_per_text=1.19), DYNAMIC], "float32", "depend on the batch"),
        ([replace(FLOAT, ms_per_text=1.21), DYNAMIC], "int8-dynamic", "serving int8-dynamic"),
        # Three that are as good as equal: noise must not choose the one whose answers move.
        ([replace(FLOAT, ms_per_text=0.95), DYNAMIC, replace(STATIC, ms_per_text=1.05)], "float32", "serving float32"),
        ([FLOAT, DYNAMIC, replace(STATIC, agreement=0.994)], "int8-dynamic", "int8-static agrees .* only 99.40%"),
        ([FLOAT, DYNAMIC, replace(STATIC, significantly_worse=True)], "int8-dynamic", "significantly less accurate"),
        ([FLOAT, replace(DYNAMIC, agreement=0.9)], "float32", "serving float32.*90.00% of the 1000 validation"),
    ],
)
def test_choice(measured: list[Candidate], chosen: str, words: str) -> None:
    served, reason = candidates.choose(measured, texts=1000)
    assert served.precision == chosen
    assert re.search(words, reason), reason


def test_agreement_is_counted_in_texts() -> None:
    for texts, differing, fit in ((200, 1, True), (1000, 5, True), (1000, 6, False), (100, 1, False), (100, 0, True)):
        measured = [FLOAT, replace(DYNAMIC, agreement=(texts - differing) / texts)]
        served, reason = candidates.choose(measured, texts=texts)
        assert (served.precision == "int8-dynamic") == fit, (texts, differing)
        assert ("so few texts" in reason) == (texts == 100 and not fit)


@pytest.mark.parametrize(("texts", "most"), [(30, "9.5%"), (200, "1.5%"), (600, "0.5%")])
def test_how_little_a_few_texts_show_is_said(texts: int, most: str) -> None:
    assert f"at most {most} of texts get another label" in candidates.choose([FLOAT, STATIC], texts=texts)[1]
    assert "another label" not in candidates.choose([FLOAT], texts=texts)[1]
    assert candidates.most_differing(0.5, 2) > 0.9
    assert candidates.most_differing(0.0, 2) == 1.0


def test_accuracy_counts_as_lower_only_beyond_chance() -> None:
    truth = np.zeros(1000, dtype=int)
    exact = np.tile([0.9, 0.1], (1000, 1))

    def missing(count: int) -> np.ndarray:
        answers = exact.copy()
        answers[:count] = [0.1, 0.9]
        return answers

    assert not candidates.worse(missing(0), exact, truth)
    assert not candidates.worse(missing(4), exact, truth)
    assert candidates.worse(missing(5), exact, truth)
    assert not candidates.worse(exact, missing(5), truth)
