"""A model's evaluation in the terminal: what its report.html shows, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.models import run_view
from ops.terminal import screen
from ops.terminal.screen import figure, interval

MATRIX = 12  # with more labels than this, the confusions are listed instead
CONFUSIONS = 15


def show(evaluation: Mapping[str, Any], *, mistakes: int) -> None:
    """Print every section for which the evaluation has figures, and this many of the most confident mistakes."""
    _figures(evaluation)
    _paired(evaluation)
    _classes(evaluation)
    _confusion(evaluation)
    _calibration(evaluation)
    run_view.kinds(evaluation.get("model"))
    run_view.leak(evaluation.get("leak"))
    run_view.export(evaluation)
    run_view.run(evaluation)
    if mistakes:
        run_view.mistakes(evaluation, mistakes)


def _figures(evaluation: Mapping[str, Any]) -> None:
    baseline, champion = evaluation.get("baseline") or {}, evaluation.get("champion") or {}
    rows = [
        [
            name,
            figure(evaluation.get(key)),
            interval(evaluation.get(f"{key}_interval")),
            figure(baseline.get(key)),
            figure(champion.get(key)),
        ]
        for name, key in (("accuracy", "accuracy"), ("macro F1", "macro_f1"))
    ]
    columns = ("", "This model", "95% interval", "Baseline", "Approved")
    screen.out.print()
    screen.table(*columns, rows=rows, numeric=columns[1:])
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


def _paired(evaluation: Mapping[str, Any]) -> None:
    made = {
        title: (evaluation.get(key) or {}).get("comparison")
        for title, key in (("Against the baseline", "baseline"), ("Against the approved", "champion"))
    }
    known = {title: comparison for title, comparison in made.items() if comparison}
    if known:
        comparisons(known, better="this", worse="that")


def comparisons(made: Mapping[str, Mapping[str, Any]], *, better: str, worse: str) -> None:
    """Paired comparisons, one per column; differences are `better` minus `worse`."""
    columns = list(made.values())
    texts = columns[0].get("texts", "-")
    screen.heading(f"Paired, text by text ({texts:,} texts)" if isinstance(texts, int) else "Paired, text by text")
    rows = [
        [f"only {better} right", *(str(each.get("only_new_right", "-")) for each in columns)],
        [f"only {worse} right", *(str(each.get("only_old_right", "-")) for each in columns)],
        *(
            [
                f"{name}, difference",
                *(
                    f"{figure(each.get(f'{key}_difference'), signed=True)} "
                    f"({interval(each.get(f'{key}_difference_interval'), signed=True)})"
                    for each in columns
                ),
            ]
            for name, key in (("accuracy", "accuracy"), ("macro F1", "macro_f1"))
        ),
        ["McNemar p", *(_short(each.get("mcnemar_p")) for each in columns)],
    ]
    screen.table("", *made, rows=rows, numeric=tuple(made))


def _classes(evaluation: Mapping[str, Any]) -> None:
    per_class = evaluation.get("per_class") or {}
    wide = screen.out.width >= screen.WIDE
    names = {"precision": "Precision", "recall": "Recall", "f1": "F1"}
    with_interval = [key for key in names if wide or key == "f1"]
    columns = ["Label"]
    for key, title in names.items():
        columns += [title, f"95% of {title.lower() if key != 'f1' else title}"] if key in with_interval else [title]
    rows = []
    for label, figures in per_class.items():
        row = [label]
        for key in names:
            row.append(figure(figures.get(key)))
            if key in with_interval:
                row.append(interval(figures.get(f"{key}_interval")))
        rows.append([*row, f"{figures.get('support', '-')}"])
    screen.heading("Classes")
    screen.table(*columns, "Texts", rows=rows, numeric=(*columns[1:], "Texts"))


def _confusion(evaluation: Mapping[str, Any]) -> None:
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


def _calibration(evaluation: Mapping[str, Any]) -> None:
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
