"""Rows of a dataset whose labels look wrong, and texts to label next.

``python model_code/training/suggest.py news.csv --unlabelled more.csv --json suggestions.json``. It exits with 0 when
the file is written, or with 1 and one sentence on standard error. From a notebook: ``suggest``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # run as a file: replace its own folder with the one that holds model_code
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from contracts.texts import labelling
from contracts.texts.label_mapping import LabelMapping
from model_code.training import progress
from model_code.training.data import dataset, folds, label_mapping, unlabelled
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.evaluation import confident_learning, evaluate, intervals, out_of_sample
from model_code.training.evaluation.out_of_sample import Answers
from model_code.training.exploring import suggestions as sentences

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads do not speed up such small matrices

NEXT = 50
Report = Callable[[str, int, int], None]


def suggest(
    path: Path,
    *,
    unlabelled_path: Path | None = None,
    text_column: str = "",
    label_column: str = "",
    encoding: str = "",
    labels: LabelMapping = label_mapping.NOTHING,
    count: int = NEXT,
    report: Report = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Suspicious labels and texts to label next, as JSON-ready values; probabilities and shares are 0 to 1.

    ``unlabelled_path``: a file with texts, of which ``count`` are suggested for labelling; without it, the rows of
    ``path`` whose label is empty. ``encoding``: of both, if they are not UTF-8. ``labels``: what becomes of the file's
    labels. ``report(stage, done, total)`` is called as work goes on. DatasetError with file,
    line and remedy for a file that training would refuse.
    """
    started = time.monotonic()
    report("read", 0, 1)
    data = dataset.load(path, text_column=text_column, label_column=label_column, encoding=encoding, labels=labels)
    others = data.unlabelled
    if unlabelled_path:
        others = unlabelled.load(unlabelled_path, text_column=text_column, encoding=encoding)
    fresh = unlabelled.new(others, labelled=data.rows)
    report("read", 1, 1)
    judged = confident_learning.judge(
        data.rows,
        data.labels,
        others=[row.text for row in fresh],
        report=lambda done, total: report("judge", done, total),
    )
    report("rank", 0, 1)
    chosen = _next(fresh, judged.answers, data.labels, count=count)
    report("rank", 1, 1)
    suggestions: dict[str, Any] = {
        "file": data.name,
        "unlabelled_file": unlabelled_path.name if unlabelled_path else data.name,
        "sha256": data.sha256,
        "rows_used": len(data.rows),
        "unlabelled": len(fresh),
        "labels": data.describe()["labels"],
        "method": confident_learning.METHOD,
        "model": _skill(data, judged.answers),
        "not_judged": [
            label for label, known in zip(data.labels, judged.answers.known.tolist(), strict=True) if not known
        ],
        "wrong": {
            "estimate": judged.wrong,
            "interval": judged.wrong_interval,
            "share": judged.wrong / len(data.rows),
            "confidence_level": intervals.LEVEL,
        },
        "contradictions": data.conflicts["texts"],
        "suspects": [_suspect(data.rows[each.position], each) for each in judged.suspects],
        "next": chosen,
    }
    suggestions["trusted"] = sentences.is_trusted(suggestions)
    suggestions["findings"] = sentences.sentences(suggestions)
    suggestions["seconds"] = round(time.monotonic() - started, 1)
    return suggestions


def _skill(data: dataset.Dataset, answers: Answers) -> dict[str, Any]:
    """How good the judge is: its accuracy on rows that it was not trained on, beside always the most frequent label."""
    truth = evaluate.positions([row.label for row in data.rows], data.labels)
    right = int((answers.probabilities.argmax(axis=1) == truth).sum())
    return {
        "name": out_of_sample.NAME,
        "folds": folds.FOLDS,
        "accuracy": right / len(truth),
        "accuracy_interval": intervals.wilson(right, len(truth)),
        "most_frequent": max(data.describe()["labels"].values()) / len(truth),
    }


def _suspect(row: Row, suspect: confident_learning.Suspect) -> dict[str, Any]:
    return {
        "line": row.line,
        "given": suspect.given,
        "likely": suspect.likely,
        "probability_given": round(suspect.probability_given, 4),
        "probability_likely": round(suspect.probability_likely, 4),
        "margin": round(suspect.margin, 4),
        "text": row.text,
    }


def _next(rows: Sequence[Row], answers: Answers, labels: Sequence[str], *, count: int) -> list[dict[str, Any]]:
    uncertain = [labelling.uncertainty(each) for each in answers.others.tolist()]
    ranked = labelling.rank([row.text for row in rows], uncertain, count=count)
    return [
        {
            "line": rows[choice.position].line,
            "likely": labels[int(answers.others[choice.position].argmax())],
            "probability_likely": round(float(answers.others[choice.position].max()), 4),
            "priority": round(choice.priority, 4),
            "uncertainty": round(choice.uncertainty, 4),
            "typicality": round(choice.typicality, 4),
            "novelty": round(choice.novelty, 4),
            "text": rows[choice.position].text,
        }
        for choice in ranked
    ]


def main(arguments: Sequence[str]) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="a labelled dataset, as training reads it")
    parser.add_argument("--unlabelled", type=Path, help="a file with texts to choose from for labelling")
    parser.add_argument("--json", type=Path, required=True, help="write the suggestions here")
    parser.add_argument("--text-column", default="")
    parser.add_argument("--label-column", default="")
    parser.add_argument("--encoding", default="", help="of the files, if they are not UTF-8")
    parser.add_argument("--labels", type=Path, help="a JSON file with rename, merge and drop, as in data.labels")
    parser.add_argument("--count", type=int, default=NEXT, help="how many texts to suggest for labelling")
    options = parser.parse_args(arguments)
    try:
        suggestions = suggest(
            options.file,
            unlabelled_path=options.unlabelled,
            text_column=options.text_column,
            label_column=options.label_column,
            encoding=options.encoding,
            labels=label_mapping.read_file(options.labels) if options.labels else label_mapping.NOTHING,
            count=options.count,
            report=progress.report,
        )
        options.json.write_text(json.dumps(suggestions, ensure_ascii=False, indent=1), encoding="utf-8")
    except TrainingError as error:
        print(_message(error), file=sys.stderr)
        return 1
    return 0


def _message(error: TrainingError) -> str:
    """The error with this command's options in place of the settings' keys."""
    sentence = str(error)
    for key in ("text_column", "label_column", "encoding"):
        sentence = sentence.replace(f"data.dataset.{key}", f"--{key.replace('_', '-')}")
    return sentence


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
