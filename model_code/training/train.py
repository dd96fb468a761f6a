"""The training job's entry point: reads, splits, fits, exports, evaluates and packs, and reports progress.

SageMaker runs it as ``python model_code/training/train.py --name value ...``, once on each instance. It exits with 0
and a filled model folder, or with 1 and one sentence in the failure file. With several instances only the first fills
the model folder; the others take part in the training and exit with 0. This module holds only the order of the steps.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":  # run as a file: replace its own folder with the one that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from contracts.models import artifact
from contracts.models.evaluation import Evaluation
from model_code.training import mirrored, progress
from model_code.training.data import dataset, label_mapping, scripts
from model_code.training.data import split as splitting
from model_code.training.errors import TrainingError
from model_code.training.folders import Folders, failure_file
from model_code.training.instances import cuda_compat
from model_code.training.instances.cluster import Cluster
from model_code.training.settings import ENCODER, LINEAR, Hyperparameters, parse_arguments
from model_code.training.versions import check, in_job

if TYPE_CHECKING:
    from model_code.training.choosing.serving import Served
    from model_code.training.evaluation.calibration import Calibrated
    from model_code.training.exporting.export import Exported
    from model_code.training.fitting.encoder import Encoder
    from model_code.training.fitting.fit import Fitted


def main(arguments: Sequence[str]) -> int:
    """Run the job and return the exit status. A failure writes its reason to the failure file and standard error."""
    try:
        run(parse_arguments(arguments), Folders.from_environment())
    except TrainingError as error:
        return _fail(str(error))
    except Exception as error:  # noqa: BLE001 - the job's boundary: the reason must reach the job's description
        traceback.print_exc()
        return _fail(f"unexpected {type(error).__name__}: {error}")
    return 0


def run(settings: Hyperparameters, folders: Folders) -> None:
    """One whole job. TrainingError with the reason when it cannot be done."""
    with tempfile.TemporaryDirectory(prefix="rubric-") as work:
        _run(settings, folders, work=Path(work))


def _run(settings: Hyperparameters, folders: Folders, *, work: Path) -> None:
    started = time.monotonic()
    if not Cluster.from_environment().first:
        progress.disable()
    version = os.environ.get("TRAINING_JOB_NAME") or datetime.now(UTC).strftime("model-%Y%m%d-%H%M%S")
    mirrored.check(folders.base_model, sums_sha256=settings.base_model_files_sha256)
    settings = settings.with_channel(folders.base_model)
    progress.report("start", 0, 1, job=version, base_model=settings.base_model)
    settings, folders = in_job.folded(settings, folders, work=work)
    data = dataset.load(
        folders.dataset,
        text_column=settings.text_column,
        label_column=settings.label_column,
        encoding=settings.encoding,
        time_format=settings.time_format,
        labels=label_mapping.read(folders.labels, sha256=settings.labels_sha256),
    )
    check.check(
        folders.manifest,
        version=settings.dataset_version,
        sha256=settings.manifest_sha256,
        dataset_sha256=data.sha256,
    )
    parts = splitting.divided(
        data.rows, valid_fraction=settings.valid_fraction, test_fraction=settings.test_fraction, seed=settings.seed
    )
    for sentence in data.sentences():
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
    unspaced = scripts.is_unspaced(row.text for row in parts.train)
    settings = settings.resolved(train_rows=len(parts.train), unspaced=unspaced)
    _train(settings, folders, data, parts, version=version, started=started, work=work)
    progress.report("done", 1, 1, seconds=round(time.monotonic() - started, 1))


def _train(
    settings: Hyperparameters,
    folders: Folders,
    data: dataset.Dataset,
    parts: splitting.Split,
    *,
    version: str,
    started: float,
    work: Path,
) -> None:
    # These take seconds to import: only once the dataset has been checked.
    from model_code.serving import seen_words
    from model_code.training import assess, outcome
    from model_code.training.data import distributions
    from model_code.training.fitting import checkpoints

    described: outcome.Described = {}
    calibrated: Calibrated | None = None
    if settings.model != LINEAR:
        model, max_length, fitted = _fit(settings, folders, data, parts, work=work)
        if fitted is None:
            return
        exported, calibrated = _export(
            model,
            parts,
            labels=data.labels,
            version=version,
            max_length=max_length,
            seed=settings.seed,
            folder=folders.model,
            work=work,
        )
        described = {"base_model": model.name, **outcome.exported(exported), **outcome.learning(fitted)}
    elif not Cluster.from_environment().first:
        return
    served = _choose(settings, folders, data, parts, encoder=calibrated, version=version, work=work)
    if served.kind == LINEAR:
        described = {**described, **outcome.of_linear(served)}
    # A linear model is fitted on the validation part, too.
    seen_words.write(folders.model, distributions.most_frequent_words([*parts.train, *parts.valid]))
    figures = assess.assess(
        folders.model,
        data.rows,
        parts,
        labels=data.labels,
        settings=settings,
        calibrated=served.calibrated,
        linear=served.linear,
        on_valid=served.on_valid,
        champion=folders.champion,
    )
    evaluation = outcome.evaluation(
        settings,
        data,
        parts,
        described=described,
        figures=figures,
        choice=served.description,
        version=version,
        seconds=time.monotonic() - started,
    )
    _write(folders, settings, data, evaluation)
    checkpoints.clean(folders.checkpoints)


def _fit(
    settings: Hyperparameters, folders: Folders, data: dataset.Dataset, parts: splitting.Split, *, work: Path
) -> tuple[Encoder, int, Fitted | None]:
    """The trained encoder, the word pieces it reads at most, and the fit: None on all hosts but the first."""
    from model_code.training.fitting import encoder, fit
    from model_code.training.fitting.processes import launch
    from model_code.training.instances import cluster

    cluster_here = Cluster.from_environment(processes_per_host=settings.processes_per_host, gpus=cluster.gpus())
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
    task = launch.Task(model, parts.train, parts.valid, data.labels, settings, max_length, folders.checkpoints)
    fitted = launch.run(task, cluster_here, work=work)
    if fitted is None:
        print(
            f"{cluster_here.host} has finished training; {cluster_here.hosts[0]} exports and evaluates the model",
            flush=True,
        )
    return model, max_length, fitted


def _export(
    model: Encoder,
    parts: splitting.Split,
    *,
    labels: Sequence[str],
    version: str,
    max_length: int,
    seed: int,
    folder: Path,
    work: Path,
) -> tuple[Exported, Calibrated]:
    """Export into ``folder``; what was exported, and the temperature within."""
    from model_code.training.data import folds
    from model_code.training.evaluation import calibration, evaluate
    from model_code.training.exporting import export

    progress.report("export", 0, 1)
    texts = [row.text for row in parts.valid]
    truth = evaluate.positions([row.label for row in parts.valid], labels)
    logits = export.logits(model, texts, max_length=max_length)
    calibrated = calibration.calibrate(logits, truth, folds.of(parts.valid, seed=seed))
    exported = export.export(
        model,
        labels=labels,
        model_version=version,
        max_length=max_length,
        texts=texts,
        truth=truth,
        calibration_texts=[row.text for row in parts.train],
        temperature=calibrated.temperature,
        folder=folder,
        work=work,
    )
    progress.report(
        "export",
        1,
        1,
        precision=exported.precision,
        agreement=exported.int8_agreement,
        temperature=calibrated.temperature,
    )
    return exported, calibrated


def _choose(
    settings: Hyperparameters,
    folders: Folders,
    data: dataset.Dataset,
    parts: splitting.Split,
    *,
    encoder: Calibrated | None,
    version: str,
    work: Path,
) -> Served:
    """Leave in the artifact what ``settings.model`` asks for."""
    from model_code.training.choosing import serving

    if encoder is not None and settings.model == ENCODER:
        return serving.only_encoder(encoder)
    progress.report("choose", 0, 1, model=settings.model)
    served = serving.decide(
        settings.model,
        parts,
        labels=data.labels,
        seed=settings.seed,
        encoder=encoder,
        model_version=version,
        folder=folders.model,
        work=work,
    )
    progress.report("choose", 1, 1, served=served.kind, temperature=served.calibrated.temperature)
    return served


def _write(folders: Folders, settings: Hyperparameters, data: dataset.Dataset, evaluation: Evaluation) -> None:
    from model_code.serving import manifest
    from model_code.training import bill, outcome, package, report
    from model_code.training.exporting import references

    progress.report("package", 0, 1)
    metadata = outcome.metadata(evaluation, settings, data)
    artifact.write_json(folders.model / artifact.METADATA_FILE, metadata)
    references.write(folders.model)
    package.write_code(folders.model / artifact.CODE_FOLDER, serving_deps=folders.serving_deps)
    folders.output.mkdir(parents=True, exist_ok=True)
    for folder in (folders.model, folders.output):
        artifact.write_json(folder / artifact.EVALUATION_FILE, evaluation)
        report.write(folder / artifact.REPORT_FILE, evaluation, metadata)
    in_job.deliver(settings, folders)
    if (folders.model / artifact.BASELINE_FILE).exists():  # for the gate, which keeps it beside the model
        shutil.copyfile(folders.model / artifact.BASELINE_FILE, folders.output / artifact.BASELINE_FILE)
    manifest.seal(folders.model)
    bill.write(folders.output, model=folders.model, evaluation=evaluation, settings=settings, base=folders.base_model)
    if settings.from_scratch and evaluation["base_model"] != LINEAR:
        print("The model was trained from scratch, without a pretrained encoder.", flush=True)
    progress.report("package", 1, 1, model_version=evaluation["model_version"])


def _fail(reason: str) -> int:
    path = failure_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(reason, encoding="utf-8")
    print(f"training failed: {reason}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    cuda_compat.use()
    sys.exit(main(sys.argv[1:]))
