"""How often `training.model: best` would serve a worse kind of model, had its validation texts been others.

    python -m benchmarks.training.choice --model <folder> --train news/train.tsv --held news/valid.tsv [--texts 526]

Takes the model folder of a finished job with `--model blend`. Of all texts that neither the encoder nor the linear
model has seen (the job's test part and the file given), some are drawn again and again as validation texts; the job's
own rule chooses by them, the blend's weights are fitted on them, and the other texts tell which kind is the best. The
last line is one JSON object. Run it in .venv-model, with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import log_softmax

from contracts.models import artifact
from model_code.serving.classifier import Classifier
from model_code.serving.linear import weights
from model_code.serving.linear.scorer import Scorer
from model_code.training.choosing import blending, choice
from model_code.training.choosing.serving import EQUAL, TINY
from model_code.training.data import dataset, folds, split
from model_code.training.data.rows import Row
from model_code.training.evaluation import calibration, evaluate
from model_code.training.settings import BLEND, ENCODER, LINEAR

Array = np.ndarray[Any, Any]


def unseen(model: Path, train: Path, held: Path) -> list[Row]:
    """The job's test part, and the rows of ``held``."""
    used = json.loads((model / artifact.METADATA_FILE).read_text(encoding="utf-8"))["hyperparameters"]
    fractions = {name: used[name] for name in ("valid_fraction", "test_fraction", "seed")}
    return [*split.split(dataset.load(train).rows, **fractions).test, *dataset.load(held).rows]


def answers(model: Path, texts: Sequence[str]) -> tuple[dict[str, Array], list[str]]:
    """Logarithms of the encoder's and the linear model's probabilities, each alone, and the labels."""
    shares = json.loads((model / artifact.EVALUATION_FILE).read_text(encoding="utf-8"))["model"]["weights"]
    linear = weights.read(model / artifact.LINEAR_FILE)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "encoder"
        shutil.copytree(model, folder, ignore=shutil.ignore_patterns(artifact.LINEAR_FILE, "reference.json", "code"))
        artifact.write_json(folder / artifact.METADATA_FILE, {"model_version": "encoder"})
        classifier = Classifier(folder)
        encoded = np.log(np.maximum(classifier.predict(texts), TINY))
    scale = linear.encoder_scale * shares[LINEAR] / shares[ENCODER]  # by which the linear model is multiplied
    alone = log_softmax(Scorer(linear).logits(texts) / scale, axis=1)
    return {ENCODER: encoded, LINEAR: alone}, classifier.labels


def once(logs: dict[str, Array], truth: Array, names: Sequence[str], valid: Array, rest: Array) -> dict[str, Any]:
    """The choice by the texts ``valid``, and each kind's accuracy and log loss on the texts ``rest``."""
    both = [logs[ENCODER], logs[LINEAR]]
    inside = [each[valid] for each in both]
    fitted = blending.cross_fitted(inside, truth[valid], np.arange(len(valid)) % folds.FOLDS, equal=EQUAL)
    judged = {ENCODER: inside[0], LINEAR: inside[1], BLEND: np.log(np.maximum(fitted, TINY))}
    chosen, _ = choice.choose(
        [
            choice.Answers(kind, calibration.losses(each, truth[valid]), each.argmax(axis=1) == truth[valid])
            for kind, each in judged.items()
        ],
        [names[at] for at in valid.tolist()],
    )
    scales = blending.scales(inside, truth[valid], equal=EQUAL)
    summed = log_softmax(scales[0] * both[0][rest] + scales[1] * both[1][rest], axis=1)
    held = {ENCODER: both[0][rest], LINEAR: both[1][rest], BLEND: summed}
    return {
        "chosen": chosen,
        "accuracy": {kind: float((each.argmax(axis=1) == truth[rest]).mean()) for kind, each in held.items()},
        "log_loss": {kind: float(calibration.losses(each, truth[rest]).mean()) for kind, each in held.items()},
    }


def summary(drawn: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How often each kind was chosen, the kinds' means, and what the choice loses to the best kind of each draw."""
    return {
        "draws": len(drawn),
        "chosen": dict(Counter(each["chosen"] for each in drawn)),
        **{
            name: {kind: statistics.fmean(each[name][kind] for each in drawn) for kind in choice.ORDER}
            for name in ("accuracy", "log_loss")
        },
        "accuracy_chosen": statistics.fmean(each["accuracy"][each["chosen"]] for each in drawn),
        "log_loss_chosen": statistics.fmean(each["log_loss"][each["chosen"]] for each in drawn),
        "less_accurate_than_linear": sum(each["accuracy"][each["chosen"]] < each["accuracy"][LINEAR] for each in drawn),
        "not_the_most_accurate": sum(
            each["accuracy"][each["chosen"]] < max(each["accuracy"].values()) for each in drawn
        ),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="model folder of a job with --model blend")
    parser.add_argument("--train", type=Path, required=True, help="the file that the job trained on")
    parser.add_argument("--held", type=Path, required=True, help="labelled texts that it never saw")
    parser.add_argument("--texts", type=int, default=526, help="validation texts of each draw")
    parser.add_argument("--draws", type=int, default=400)
    chosen = parser.parse_args(arguments)
    rows = unseen(chosen.model, chosen.train, chosen.held)
    logs, labels = answers(chosen.model, [row.text for row in rows])
    truth = evaluate.positions([row.label for row in rows], labels)
    names, chance = [folds.group(row) for row in rows], np.random.default_rng(0)
    drawn = []
    for _ in range(chosen.draws):
        order = chance.permutation(len(rows))
        drawn.append(once(logs, truth, names, order[: chosen.texts], order[chosen.texts :]))
    print(json.dumps({"unseen": len(rows), "texts": chosen.texts, **summary(drawn)}))


if __name__ == "__main__":
    main()
