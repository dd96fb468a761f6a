"""Runs a file through a transform job."""

from __future__ import annotations

import json
from typing import Any

from tools.acceptance.errors import StepError
from tools.acceptance.run import Run, Skip
from tools.acceptance.steps import samples


def batch(run: Run) -> dict[str, Any]:
    """`rubric batch` answers every line of a file, in order."""
    if not run.settings.classifier.trained:
        raise Skip("a Bedrock model classifies: there is no transform job")
    source, target = run.folder / "batch.jsonl", run.folder / "batch.out"
    texts = samples.texts(run.settings)
    lines = [texts[number % len(texts)] for number in range(samples.BATCH_LINES)]
    source.write_text("".join(json.dumps({"inputs": line}) + "\n" for line in lines), encoding="utf-8")
    result = json.loads(run.rubric("batch", str(source), str(target), "--json"))
    answered = [json.loads(line)["predicted_label"] for line in target.read_text(encoding="utf-8").splitlines()]
    if len(answered) != len(lines) or answered[: len(texts)] != answered[len(texts) : 2 * len(texts)]:
        raise StepError(f"{len(lines)} lines went in and {len(answered)} answers came out, or out of order")
    return {"lines": result["lines"], "answered": result["answered"], "seconds on the instance": result["seconds"]}
