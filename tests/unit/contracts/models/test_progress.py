"""Tests contracts/models/progress.py: lines are read back, and SageMaker finds the figures in them."""

from __future__ import annotations

import re

import pytest

from contracts.models import progress
from contracts.models.progress import Progress, write


def test_what_is_written_is_read() -> None:
    line = write("train", 3, 40, loss=0.31234, epoch=1, note="two words")
    assert line == "progress: train 3/40 loss=0.3123 epoch=1 note=two_words"
    assert progress.read(f"{line}\n") == Progress("train", 3, 40, "loss=0.3123 epoch=1 note=two_words")
    assert progress.read(write("export", 1, 1)) == Progress("export", 1, 1)


@pytest.mark.parametrize(
    "line",
    ["", "loss=0.4", "in progress: train 1/2", "progress: train", "progress: train 1 of 2", "progress: train half/40"],
)
def test_other_lines_are_no_progress(line: str) -> None:
    assert progress.read(line) is None


@pytest.mark.parametrize(
    ("line", "figures"),
    [
        (write("train", 10, 100, epoch=1, loss=0.512), {"train:loss": 0.512}),
        (write("train", 10, 100, epoch=0.25, loss=3.1e-05, learning_rate=1e-3), {"train:loss": 3.1e-05}),
        (write("train", 1, 1, epoch=1.0, loss=12345.678), {"train:loss": 12350.0}),
        (write("train", 1, 1, epoch=1.0, loss=1.5e6), {"train:loss": 1.5e6}),
        (write("train", 1, 1, epoch=1.0, loss=float("nan")), {}),
        (
            "progress: validate 3/8 accuracy=0.91 macro_f1=0.9 loss=0.3",
            {"validation:accuracy": 0.91, "validation:macro_f1": 0.9, "validation:loss": 0.3},
        ),
        (
            write("validate", 8, 8, loss=1e-05, macro_f1=1.0, accuracy=0.0),
            {"validation:accuracy": 0.0, "validation:macro_f1": 1.0, "validation:loss": 1e-05},
        ),
        (write("evaluate", 1, 3, accuracy=0.9123, macro_f1=0.9), {"test:accuracy": 0.9123, "test:macro_f1": 0.9}),
        (write("evaluate", 2, 3, baseline_accuracy=0.93), {}),
        (write("evaluate", 3, 3, champion_accuracy=0.93, champion_macro_f1=0.9), {}),
        (write("evaluate", 3, 5), {}),
        (write("train", 3, 5, valid_loss=0.1), {}),
        (write("done", 1, 1, seconds=60.2), {}),
    ],
)
def test_the_figures_that_sagemaker_charts_are_found_in_the_log(line: str, figures: dict[str, float]) -> None:
    found = {name: float(match[1]) for name, regex in progress.METRICS.items() if (match := re.search(regex, line))}
    assert found == figures
