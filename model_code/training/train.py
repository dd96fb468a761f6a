"""The training job's entry point: reads, splits, fits, exports, evaluates and packs, and says where it is.

SageMaker runs it as ``python model_code/training/train.py --name value ...``. Exit 0 with the model folder filled, or
exit 1 with one sentence in the failure file. The order of work is all that lives here.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file: its own folder gives way to the folder that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from model_code import artifact
from model_code.training import dataset, progress, reading
from model_code.training import split as splitting
from model_code.training.errors import TrainingError
from model_code.training.settings import Folders, Hyperparameters, failure_file, parse_arguments

# Threads that wait must sleep: spinning ones cost five times the duration when something else needs the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

LIBRARIES = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "onnxscript", "scikit-learn", "numpy")


def main(arguments: Sequence[str]) -> int:
    """Run the job; the exit status. Every failure leaves its reason in the failure file and on standard error."""
    try:
        run(parse_arguments(arguments), Folders.from_environment())
    except TrainingError as error:
        return _fail(str(error))
    except Exception as error:  # noqa: BLE001 - the job's boundary: the reason must reach the job's description
        traceback.print_exc()
        return _fail(f"unexpected {type(error).__name__}: {error}")
    return 0


def run(settings: Hyperparameters, folders: Folders) -> None:
    """One whole job; TrainingError with a sentence when it cannot be done."""
    started = time.monotonic()
    version = os.environ.get("TRAINING_JOB_NAME") or datetime.now(UTC).strftime("model-%Y%m%d-%H%M%S")
    settings = settings.with_channel(folders.base_model)
    progress.report("start", 0, 1, job=version, base_model=settings.base_model)
    data = dataset.load(
        reading.find_file(folders.dataset), text_column=settings.text_column, label_column=settings.label_column
    )
    parts = splitting.split(
        data.rows, valid_fraction=settings.valid_fraction, test_fraction=settings.test_fraction, seed=settings.seed
    )
    for sentence in data.drops.sentences():
        print(sentence, flush=True)
    progress.report(
        "read",
        data.rows_read,
        data.rows_read,
        used=len(data.rows),
        dropped=data.drops.count.total(),
        duplicates=data.duplicates,
        labels=len(data.labels),
    )
    settings = settings.resolved(train_rows=len(parts.train))
    with tempfile.TemporaryDirectory(prefix="rubric-") as work:
        _train(settings, folders, data, parts, version, Path(work))
    progress.report("done", 1, 1, seconds=round(time.monotonic() - started, 1))


def _train(
    settings: Hyperparameters, folders: Folders, data: dataset.Dataset, parts: splitting.Split, version: str, work: Path
) -> None:
    # Seconds to import, so only after the dataset has been found good.
    from model_code.training import encoder, export, fit

    fit.prepare(settings.seed)
    progress.report("tokenizer", 0, 1, base_model=settings.base_model)
    model = encoder.build(
        settings,
        texts=[row.text for row in parts.train],
        labels=data.labels,
        channel=folders.base_model,
        work=work / "base_model",
    )
    progress.report("tokenizer", 1, 1, vocabulary=len(model.tokenizer), parameters=model.model.num_parameters())
    max_length = min(settings.max_length, encoder.longest(model))
    fitted = fit.fit(
        model,
        parts.train,
        labels=data.labels,
        settings=settings,
        max_length=max_length,
        checkpoints=folders.checkpoints,
    )
    progress.report("export", 0, 1)
    exported = export.export(
        model,
        labels=data.labels,
        model_version=version,
        max_length=max_length,
        texts=[row.text for row in parts.valid],
        folder=folders.model,
        work=work,
    )
    progress.report("export", 1, 1, precision=exported.precision, agreement=exported.int8_agreement)
    figures = _evaluate(folders, data, parts)
    evaluation = {
        "model_version": version,
        "base_model": model.name,
        **figures,
        "served_precision": exported.precision,
        "int8_agreement": exported.int8_agreement,
        "torch_difference": exported.max_probability_difference,
        "counts": parts.counts(),
        "split": splitting.DESCRIPTION,
        "train_seconds": round(fitted.seconds, 1),
        "train_precision": fitted.precision,
        "train_loss": fitted.loss,
        "dataset_sha256": data.sha256,
    }
    _write(folders, settings, data, evaluation, model.name)


def _evaluate(folders: Folders, data: dataset.Dataset, parts: splitting.Split) -> dict[str, Any]:
    """Figures of the exported model itself, through the code that will serve it."""
    from model_code.serving.classifier import Classifier
    from model_code.training import distributions, evaluate, linear

    progress.report("evaluate", 0, 3)
    classifier = Classifier(folders.model)
    probabilities = classifier.predict([row.text for row in parts.test])
    figures = evaluate.measure(probabilities, [row.label for row in parts.test], data.labels)
    artifact.write_json(
        folders.model / artifact.BASELINE_FILE,
        distributions.describe(classifier.tokenizer, parts.train, parts.test, probabilities, data.labels),
    )
    progress.report("evaluate", 1, 3, accuracy=figures["accuracy"], macro_f1=figures["macro_f1"])
    baseline = linear.baseline(parts.train, parts.test, data.labels)
    progress.report("evaluate", 2, 3, baseline_accuracy=baseline["accuracy"])
    approved = evaluate.champion(folders.champion, parts.test, data.labels) if folders.champion else None
    progress.report("evaluate", 3, 3, champion_accuracy=approved["accuracy"] if approved else "none")
    return {**figures, "baseline": baseline, "champion": approved}


def _write(
    folders: Folders, settings: Hyperparameters, data: dataset.Dataset, evaluation: dict[str, Any], base_model: str
) -> None:
    from model_code.training import package

    progress.report("package", 0, 1)
    artifact.write_json(
        folders.model / artifact.METADATA_FILE,
        {
            "model_version": evaluation["model_version"],
            "base_model": base_model,
            "dataset": data.describe(),
            "hyperparameters": settings.as_dict(),
            "code_digest": package.code_digest(),
            "libraries": {name: metadata.version(name) for name in LIBRARIES},
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    artifact.write_json(folders.model / artifact.EVALUATION_FILE, evaluation)
    package.write_code(folders.model / artifact.CODE_FOLDER, serving_deps=folders.serving_deps)
    folders.output.mkdir(parents=True, exist_ok=True)
    artifact.write_json(folders.output / artifact.EVALUATION_FILE, evaluation)
    if settings.from_scratch:
        print("The model was trained from scratch, without a pretrained encoder.", flush=True)
    progress.report("package", 1, 1, model_version=evaluation["model_version"])


def _fail(sentence: str) -> int:
    path = failure_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sentence, encoding="utf-8")
    print(f"training failed: {sentence}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
