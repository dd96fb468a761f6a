"""Exploratory analysis of a labelled dataset as training would read it, before anything is deployed.

``python model_code/training/explore.py news.csv --html news-eda.html --json news-eda.json``. It exits with 0 when
both are written, or with 1 and one sentence on standard error. From a notebook: ``analyse`` and ``figures``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file: replace its own folder with the one that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from contracts.texts.label_mapping import LabelMapping
from dataset_files.times import times
from model_code.training import progress
from model_code.training.data import dataset, label_mapping
from model_code.training.data import scripts as written
from model_code.training.data import split as splitting
from model_code.training.errors import TrainingError
from model_code.training.evaluation import leak, learning_curve
from model_code.training.exploring import figures as drawing
from model_code.training.exploring import findings, lengths, page, publishers, terms, timeline
from model_code.training.settings import Hyperparameters

# Spinning threads do not speed up such small matrices; the tokenizer's threads are useful.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

DEFAULTS = Hyperparameters()
Report = Callable[[str, int, int], None]


def analyse(
    *paths: Path,
    text_column: str = "",
    label_column: str = "",
    encoding: str = "",
    time_format: str = times.AUTO,
    labels: LabelMapping = label_mapping.NOTHING,
    base_model: Path | None = None,
    term_count: int = 12,
    valid_fraction: float = DEFAULTS.valid_fraction,
    test_fraction: float = DEFAULTS.test_fraction,
    seed: int = DEFAULTS.seed,
    report: Report = lambda stage, done, total: None,
) -> dict[str, Any]:
    """All that the page shows, as JSON-ready values; shares are 0 to 1, times are ISO 8601 in UTC.

    labels: what becomes of the file's labels; base_model: folder of a pretrained model whose tokenizer counts the word
    pieces; the fractions and the seed: as in training, for the same split.
    ``report(stage, done, total)`` is called as work goes on.
    DatasetError with file, line and remedy for a file that training would refuse; TrainingError for a bad folder.
    """
    started = time.monotonic()
    report("read", 0, 1)
    data = dataset.load(
        *paths,
        text_column=text_column,
        label_column=label_column,
        encoding=encoding,
        time_format=time_format,
        labels=labels,
    )
    report("read", 1, 1)
    counted = lengths.measure(data.rows, base_model=base_model, report=lambda done, all_: report("lengths", done, all_))
    report("terms", 0, 1)
    distinctive = terms.distinctive(data.rows, data.labels, count=term_count)
    report("terms", 1, 1)
    report("split", 0, 1)
    options = {"valid_fraction": valid_fraction, "test_fraction": test_fraction, "seed": seed}
    parts = splitting.divided(data.rows, **options)  # type: ignore[arg-type]
    report("split", 1, 1)
    report("leak", 0, 1)
    leaked = leak.measure(data.rows, parts, labels=data.labels, **options)  # type: ignore[arg-type]
    report("leak", 1, 1)
    described = {name: value for name, value in data.describe().items() if name != "dropped_rows"}
    analysis: dict[str, Any] = {
        "file": data.name,
        "sha256": data.sha256,
        "layout": data.layout,
        "rows_read": data.rows_read,
        "rows_used": len(data.rows),
        "labels": described["labels"],
        "data": described,
        "lengths": counted,
        "scripts": written.shares(row.text for row in data.rows),
        "publishers": publishers.count(data.rows, data.labels),
        "time": timeline.count(data.rows, data.labels),
        "terms": distinctive,
        "split": parts.counts(),
        "leak": leaked,
        "learning_curve": learning_curve.measure(data.rows, data.labels, seed=seed),
    }
    analysis["findings"] = [as_options(sentence) for sentence in findings.sentences(analysis)]
    analysis["seconds"] = round(time.monotonic() - started, 1)
    return analysis


def figures(analysis: Mapping[str, Any]) -> dict[str, str]:
    """The analysis as SVG strings by name: balance, words, pieces, leak, time, ``terms: <label>`` and so on."""
    return drawing.draw(analysis)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return the exit status."""
    options = _options(arguments)
    throttle = progress.Throttle(0.2)

    def report(stage: str, done: int, total: int) -> None:
        if done in (0, total) or throttle.ready():
            progress.report(stage, done, total)

    try:
        _check_folders(options.html, options.json)
        analysis = analyse(
            *options.files,
            text_column=options.text_column,
            label_column=options.label_column,
            encoding=options.encoding,
            time_format=options.time_format,
            labels=label_mapping.read_file(options.labels) if options.labels else label_mapping.NOTHING,
            base_model=options.base_model,
            term_count=options.terms,
            report=report,
        )
        if options.html:
            report("page", 0, 1)
            _write(options.html, page.render(analysis, figures(analysis)))
            report("page", 1, 1)
        if options.json:
            _write(options.json, json.dumps(analysis, ensure_ascii=False, indent=1))
    except TrainingError as error:
        print(_message(error), file=sys.stderr)
        return 1
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+", help="files with texts and labels, or folders with such files")
    parser.add_argument("--html", type=Path, help="write a page with plots here")
    parser.add_argument("--json", type=Path, help="write the analysis here")
    parser.add_argument("--text-column", default="")
    parser.add_argument("--label-column", default="")
    parser.add_argument("--encoding", default="", help="of the file, if it is not UTF-8")
    parser.add_argument("--time-format", choices=times.FORMATS, default=times.AUTO)
    parser.add_argument("--labels", type=Path, help="a JSON file with rename, merge and drop, as in data.labels")
    parser.add_argument("--base-model", type=Path, help="count word pieces with this pretrained model's tokenizer")
    parser.add_argument("--terms", type=int, default=12, help="how many distinctive terms of each label to show")
    return parser.parse_args(arguments)


def _check_folders(*targets: Path | None) -> None:
    """TrainingError for a target that cannot be written, before minutes are spent on the analysis."""
    for target in targets:
        if target and not target.parent.is_dir():
            raise TrainingError(
                f"{target} cannot be written: the folder {target.parent} does not exist; create it first"
            )


def _message(error: TrainingError) -> str:
    """The error with this command's options in place of the settings' keys."""
    return as_options(str(error))


def as_options(sentence: str) -> str:
    """A sentence with this command's options in place of the settings' keys."""
    for key in ("text_column", "label_column", "encoding", "time_format"):
        sentence = sentence.replace(f"data.dataset.{key}", f"--{key.replace('_', '-')}")
    return sentence


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error.strerror}; choose another file") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
