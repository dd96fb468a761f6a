"""The quality of the answers: by label, the confusions, and the calibration."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from contracts.models.evaluation import Evaluation
from model_code.training.drawing import charts
from model_code.training.report import html

CONFUSIONS = 6
MOST_CONFUSIONS = 40
MOST_DRAWN = 40  # labels of a confusion matrix; more would be a page of many megabytes that nobody can read


def per_class(evaluation: Evaluation) -> Markup:
    """Precision, recall and F1 of each label with their intervals."""
    classes = {str(name): html.mapping(each) for name, each in html.mapping(evaluation.get("per_class")).items()}
    if not classes:
        return html.section("classes", "By label", html.missing("precision, recall and F1 of each label"))
    rows = [
        [
            name,
            *(_with_interval(each, figure) for figure in ("precision", "recall", "f1")),
            html.count(each.get("support")),
        ]
        for name, each in classes.items()
    ]
    figures = html.table(
        "Figures of each label on the test texts", ["label", "precision", "recall", "F1", "test texts"], rows
    )
    drawn = {
        name: (value, *both)
        for name, each in classes.items()
        if (value := html.number(each.get("f1"))) is not None and (both := html.pair(each.get("f1_interval")))
    }
    shown = html.chart(
        charts.interval_chart(title="F1 of each label", data=drawn, x_label="F1, 95 % intervals", form=html.percent)
    )
    return html.section(
        "classes",
        "By label",
        html.grid(html.card(shown, title="F1") if drawn else "", html.card(figures, title="Precision, recall, F1")),
        html.paragraph(
            "Precision: of the texts predicted as this label, the share that has it. Recall: of the texts with this "
            "label, the share predicted as it. F1: the harmonic mean of both. Small print: 95 % intervals.",
            quiet=True,
        ),
    )


def confusion(evaluation: Evaluation) -> Markup:
    """The confusion matrix, and its largest entries off the diagonal in words."""
    labels = [str(name) for name in html.listing(evaluation.get("labels"))]
    matrix = [[int(html.number(each) or 0) for each in html.listing(row)] for row in _rows(evaluation)]
    if not labels or len(matrix) != len(labels) or any(len(row) != len(labels) for row in matrix):
        return html.section("confusion", "Confusion matrix", html.missing("the confusion matrix"))
    totals = [sum(row) for row in matrix]
    wrong = sorted(
        ((number, t, p) for t, row in enumerate(matrix) for p, number in enumerate(row) if t != p and number),
        reverse=True,
    )
    if len(labels) > MOST_DRAWN:
        card = html.card(_mistaken(wrong[:MOST_CONFUSIONS], labels, totals), _listed(wrong, labels, totals))
        return html.section("confusion", f"Most frequent confusions of {len(labels)} labels", card)
    return html.section(
        "confusion",
        "Confusion matrix",
        html.grid(
            html.card(
                html.chart(_drawn(matrix, labels, totals)),
                html.paragraph("Each row adds up to 100 %; the small numbers are texts.", quiet=True),
            ),
            html.card(
                _mistaken(wrong[:CONFUSIONS], labels, totals),
                html.details("As numbers", _numbered(matrix, labels)),
                title="Most frequent confusions",
            ),
        ),
    )


def _drawn(matrix: list[list[int]], labels: list[str], totals: list[int]) -> str:
    shares = [[each / (total or 1) for each in row] for row, total in zip(matrix, totals, strict=True)]
    return charts.heat_map(
        title="Confusion matrix: share of each true label's texts by predicted label, with their number",
        data=shares,
        rows=labels,
        columns=labels,
        x_label="predicted",
        y_label="true",
        form=html.percent,
        notes=[[html.count(each) for each in row] for row in matrix],
        high=1,
    )


Wrong = list[tuple[int, int, int]]  # texts, and the positions of their true and their predicted label


def _mistaken(wrong: Wrong, labels: list[str], totals: list[int]) -> Markup:
    """The confusions in words."""
    if not wrong:
        return html.paragraph("No test text got a wrong label.")
    return html.tag(
        "ul",
        *(
            html.tag(
                "li",
                html.tag("b", labels[truth]),
                " predicted as ",
                html.tag("b", labels[predicted]),
                f": {html.count(each)} of {html.count(totals[truth])} ({html.percent(each / totals[truth])})",
            )
            for each, truth, predicted in wrong
        ),
    )


def _numbered(matrix: list[list[int]], labels: list[str]) -> Markup:
    """The whole matrix as a table."""
    return html.table(
        "Test texts by true label (rows) and predicted label (columns)",
        ["true \\ predicted", *labels],
        [[name, *(html.count(each) for each in row)] for name, row in zip(labels, matrix, strict=True)],
    )


def _listed(wrong: Wrong, labels: list[str], totals: list[int]) -> Markup:
    """Every confusion, where a matrix would be too large: nearly all of its cells are empty."""
    if len(wrong) <= MOST_CONFUSIONS:
        return html.join([])
    rows = [
        [labels[truth], labels[predicted], html.count(each), html.count(totals[truth])]
        for each, truth, predicted in wrong
    ]
    heads = ["true label", "predicted label", "test texts", "of"]
    return html.details(f"All {len(wrong):,} confusions", html.table("Test texts by both labels", heads, rows))


def calibration(evaluation: Evaluation) -> Markup:
    """Confidence against accuracy, before and after the temperature."""
    title = "Calibration"
    figures = html.mapping(evaluation.get("calibration"))
    after, before = _bins(figures.get("reliability")), _bins(figures.get("reliability_before"))
    if not figures or not after:
        error = html.percent(evaluation.get("calibration_error"))
        return html.section(
            "calibration",
            title,
            html.missing("confidence against accuracy by bin")
            if error == html.NOTHING
            else html.paragraph(f"Expected calibration error {error}. Not measured: accuracy by confidence."),
        )
    series = {"as served": after} | ({"before calibration": before} if before else {})
    drawn = charts.reliability_diagram(title="Share of right answers against confidence", data=series)
    rows = [
        [
            name,
            html.percent(html.mapping(figures.get(key)).get("calibration_error")),
            html.decimal(html.mapping(figures.get(key)).get("log_loss")),
        ]
        for key, name in (("before", "before"), ("after", "as served"))
        if html.mapping(figures.get(key))
    ]
    temperature = html.number(figures.get("temperature"))
    return html.section(
        "calibration",
        title,
        html.grid(
            html.card(
                html.chart(drawn),
                html.paragraph(
                    "On the dashed line, answers with 80 % confidence are right 80 % of the time; below it the model "
                    "is overconfident, above it underconfident. A larger dot stands for more texts.",
                    quiet=True,
                ),
            ),
            html.card(
                html.table("Calibration on the test texts", ["", "calibration error", "log loss"], rows),
                html.paragraph(_temperature(temperature)) if temperature is not None else "",
                html.paragraph(f"Method: {str(figures['method']).rstrip('.')}.", quiet=True)
                if figures.get("method")
                else "",
                html.paragraph(html.sentence(figures["reason"]), quiet=True) if figures.get("reason") else "",
                html.details("As numbers", _numbers(after)),
                title="Before and after",
            ),
        ),
    )


def _temperature(value: float) -> str:
    effect = "lowers" if value > 1 else "raises"
    made = f": it {effect} the confidence of the answers and changes no label" if abs(value - 1) >= 0.005 else ""
    return f"Temperature {value:.2f}{made}."


def _numbers(bins: list[dict[str, float]]) -> Markup:
    rows = [
        [
            f"{html.percent(each.get('from'), 0)} to {html.percent(each.get('to'), 0)}",
            html.count(each["count"]),
            html.percent(each["confidence"]),
            html.percent(each["accuracy"]),
        ]
        for each in bins
    ]
    return html.table("Accuracy by confidence, as served", ["confidence", "texts", "mean", "right"], rows)


def _bins(value: Any) -> list[dict[str, float]]:
    """Bins that have texts and all figures."""
    filled = []
    for each in html.listing(value):
        bin_ = {key: html.number(figure) for key, figure in html.mapping(each).items()}
        if bin_.get("count") and bin_.get("confidence") is not None and bin_.get("accuracy") is not None:
            filled.append({key: figure for key, figure in bin_.items() if figure is not None})
    return filled


def _rows(evaluation: Evaluation) -> list[Any]:
    return html.listing(evaluation.get("confusion_matrix"))


def _with_interval(figures: dict[str, Any], name: str) -> Markup:
    interval = html.span(figures.get(f"{name}_interval"))
    return html.join([html.percent(figures.get(name)), html.tag("small", interval) if interval else ""])
