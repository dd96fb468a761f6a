"""The progress lines of a training job: how they are written, parsed, and charted by SageMaker."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"progress: (?P<stage>\S+) (?P<done>\d+)/(?P<total>\d+)(?: (?P<text>.*))?")
# A number such as 0.912, 1 or 3.1e-05.
_NUMBER = r"([0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?)"


def _metric(stage: str, detail: str) -> str:
    # The space excludes baseline_accuracy.
    return rf"progress: {stage} [0-9]+/[0-9]+.* {detail}={_NUMBER}"


# SageMaker's metric definitions: a metric's name and the pattern that finds it in a line.
METRICS = {
    "train:loss": _metric("train", "loss"),
    "validation:loss": _metric("validate", "loss"),
    "validation:accuracy": _metric("validate", "accuracy"),
    "validation:macro_f1": _metric("validate", "macro_f1"),
    "test:accuracy": _metric("evaluate", "accuracy"),
    "test:macro_f1": _metric("evaluate", "macro_f1"),
}


@dataclass(frozen=True)
class Progress:
    """One line. done, total: steps of the stage; text: its details as `name=value`, separated by spaces."""

    stage: str
    done: int
    total: int
    text: str = ""


def write(stage: str, done: int, total: int, **details: object) -> str:
    """The line `progress: <stage> <done>/<total> name=value ...`. stage: one word."""
    words = [f"progress: {stage} {done}/{total}"]
    words += [f"{name}={_plain(value)}" for name, value in details.items()]
    return " ".join(words)


def read(line: str) -> Progress | None:
    """The progress in a line of a job's log; None for any other line."""
    match = _LINE.fullmatch(line.strip())
    if not match:
        return None
    return Progress(match["stage"], int(match["done"]), int(match["total"]), match["text"] or "")


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace(" ", "_")
