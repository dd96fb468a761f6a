"""A model's evaluation in the terminal: what its report.html shows, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.models.evaluation import BaselineFigures, ChampionFigures, Comparison, Evaluation, Interval
from ops.models import run_view
from ops.terminal import screen
from ops.terminal.screen import figure, interval

MATRIX = 12  # with more labels than this, the confusions are listed instead
CONFUSIONS = 15
_WIDE_COLUMNS = ("95% of precision", "95% of recall")


def show(evaluation: Evaluation, *, mistakes: int) -> None:
    """Print every section for which the evaluation has figures, and this many of the most confident mistakes."""
    _figures(evaluation)
    _paired(evaluation)
    _labels(evaluation)
    _confusion(evaluation)
    _calibration(evaluation)
    run_view.kinds(evaluation.get("model"))
    run_view.leak(evaluation.get("leak"))
    run_view.export(evaluation)
    run_view.run(evaluation)
    if mistakes:
        run_view.mistakes(evaluation, mistakes)


def _figures(evaluation: Evaluation) -> None:
    baseline: BaselineFigures = evaluation.get("baseline") or {}
    champion: ChampionFigures = evaluation.get("champion") or {}
    rows = [
        [
            "accuracy",
            figure(evaluation.get("accuracy")),
            interval(evaluation.get("accuracy_interval")),
            figure(baseline.get("accuracy")),
            figure(champion.get("accuracy")),
        ],
        [
            "macro F1",
            figure(evaluation.get("macro_f1")),
            interval(evaluation.get("macro_f1_interval")),
            figure(baseline.get("macro_f1")),
            figure(champion.get("macro_f1")),
        ],
    ]
    columns = ("", "This model", "95% interval", "Baseline", "Approved")
    screen.out.print()
    screen.table(*columns, rows=rows, numeric=columns[1:])
    for warning in evaluation.get("warnings") or []:
        screen.point(str(warning))
    if baseline:
        screen.line(f"Baseline: {baseline.get('name', '-')}.", quiet=True)
    if champion.get("comparable"):
        screen.line(f"Approved when this was trained: {champion.get('model_version', '-')}.", quiet=True)
    elif champion:
        screen.line(
            f"Approved when this was trained: {champion.get('model_version', '-')}, not comparable: "
            f"{champion.get('reason', '-')}.",
            quiet=True,
        )


def _paired(evaluation: Evaluation) -> None:
    made = {
        "Against the baseline": (evaluation.get("baseline") or {}).get("comparison"),
        "Against the approved": (evaluation.get("champion") or {}).get("comparison"),
    }
    known = {title: comparison for title, comparison in made.items() if comparison}
    if known:
        comparisons(known, better="this", worse="that")


def comparisons(made: Mapping[str, Comparison], *, better: str, worse: str) -> None:
    """Paired comparisons, one per column; differences are `better` minus `worse`."""
    columns = list(made.values())
    texts = columns[0].get("texts", "-")
    screen.heading(f"Paired, text by text ({texts:,} texts)" if isinstance(texts, int) else "Paired, text by text")
    rows = [
        [f"only {better} right", *(str(each.get("only_new_right", "-")) for each in columns)],
        [f"only {worse} right", *(str(each.get("only_old_right", "-")) for each in columns)],
        [
            "accuracy, difference",
            *(
                _difference(each.get("accuracy_difference"), each.get("accuracy_difference_interval"))
                for each in columns
            ),
        ],
        [
            "macro F1, difference",
            *(
                _difference(each.get("macro_f1_difference"), each.get("macro_f1_difference_interval"))
                for each in columns
            ),
        ],
        ["McNemar p", *(_short(each.get("mcnemar_p")) for each in columns)],
    ]
    screen.table("", *made, rows=rows, numeric=tuple(made))


def _difference(value: float | None, ends: Interval | None) -> str:
    return f"{figure(value, signed=True)} ({interval(ends, signed=True)})"


def _labels(evaluation: Evaluation) -> None:
    per_class = evaluation.get("per_class") or {}
    wide = screen.out.width >= screen.WIDE
    columns = ("Label", "Precision", "95% of precision", "Recall", "95% of recall", "F1", "95% of F1", "Texts")
    rows = [
        [
            label,
            figure(figures.get("precision")),
            interval(figures.get("precision_interval")),
            figure(figures.get("recall")),
            interval(figures.get("recall_interval")),
            figure(figures.get("f1")),
            interval(figures.get("f1_interval")),
            f"{figures.get('support', '-')}",
        ]
        for label, figures in per_class.items()
    ]
    shown = [index for index, column in enumerate(columns) if wide or column not in _WIDE_COLUMNS]
    names = [columns[index] for index in shown]
    screen.heading("Labels")
    screen.table(*names, rows=[[row[index] for index in shown] for row in rows], numeric=tuple(names[1:]))


def _confusion(evaluation: Evaluation) -> None:
    matrix, labels = evaluation.get("confusion_matrix"), evaluation.get("labels")
    if not matrix or not labels:
        return
    if len(labels) <= MATRIX:
        screen.heading("Confusion: true label (rows) by predicted label")
        room = max((screen.out.width - max(map(len, labels)) - 2) // len(labels) - 2, 6)
        columns = _distinct([label[:room] for label in labels])
        rows = [[label, *(f"{count}" for count in row)] for label, row in zip(labels, matrix, strict=True)]
        screen.table("", *columns, rows=rows, numeric=tuple(columns))
        return
    pairs = sorted(
        (
            (count, labels[true], labels[predicted])
            for true, row in enumerate(matrix)
            for predicted, count in enumerate(row)
            if count and true != predicted
        ),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    screen.heading("Most frequent confusions")
    cells = [[true, predicted, str(count)] for count, true, predicted in pairs[:CONFUSIONS]]
    screen.table("True label", "Predicted", "Texts", rows=cells, numeric=("Texts",))


def _distinct(names: Sequence[str]) -> list[str]:
    """Shortened names, with a number where they would be equal."""
    return [f"{name[:-1]}{index}" if list(names).count(name) > 1 else name for index, name in enumerate(names, 1)]


def _calibration(evaluation: Evaluation) -> None:
    calibration = evaluation.get("calibration")
    screen.heading("Calibration")
    if not calibration:
        screen.line(f"expected calibration error {figure(evaluation.get('calibration_error'))}")
        return
    rows = [
        [title, figure(part.get("calibration_error")), figure(part.get("log_loss"))]
        for title, part in (("before", calibration.get("before") or {}), ("after", calibration.get("after") or {}))
    ]
    columns = ("", "Expected calibration error", "Log loss")
    screen.table(*columns, rows=rows, numeric=columns[1:])
    reason = f": {calibration['reason']}" if calibration.get("reason") else ""
    screen.line(f"Temperature {figure(calibration.get('temperature'))}{reason}.", quiet=True)


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}"
