"""The training: curves, epochs and speed."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from contracts.models.evaluation import Evaluation
from model_code.training.drawing import charts
from model_code.training.report import html
from model_code.training.settings import BLEND, LINEAR


def curves(evaluation: Evaluation) -> Markup:
    """Loss by step, the validation part by epoch, and facts of the run."""
    history, epochs = _records(evaluation.get("history")), _records(evaluation.get("epochs"))
    best = html.number(evaluation.get("kept_epoch"))
    cards = [
        html.card(html.chart(_loss(history, epochs)), title="Loss")
        if _points(history, "epoch", "loss")
        else html.card(html.missing("the training loss"), title="Loss"),
        html.card(html.chart(_validation(epochs, best)), title="On the validation texts")
        if _points(epochs, "epoch", "valid_accuracy")
        else html.card(html.missing("the validation part after each epoch"), title="On the validation texts"),
        html.card(_facts(evaluation, best), title="The run"),
        *_more_labels(html.mapping(evaluation.get("learning_curve"))),
    ]
    return html.section("training", "Training", _of_what(evaluation), html.grid(*cards))


def _of_what(evaluation: Evaluation) -> Markup | str:
    """Whose training this is, where the encoder is not all that serves."""
    served, asked = (html.mapping(evaluation.get("model")).get(key) for key in ("served", "asked"))
    if served == BLEND:
        return html.paragraph("Loss, epochs and speed are the encoder's; the linear model has none.")
    if served != LINEAR:
        return ""
    if asked == LINEAR:
        return html.paragraph("The linear model serves. It is fitted at once, without epochs; no encoder was trained.")
    return html.paragraph(
        "The linear model serves, which is fitted at once, without epochs: the training time is its own. Loss, epochs "
        "and speed are those of the encoder, which was trained for comparison and does not serve."
    )


def _more_labels(curve: dict[str, Any]) -> list[Markup]:
    """The learning curve of few labels, as far as it was measured."""
    points = _points(_records(curve.get("points")), "rows_per_label", "accuracy")
    if not points:
        return []
    drawn = charts.line_chart(
        title="Accuracy of the linear model by rows of a label, cross-validated on all rows",
        data={"accuracy": points},
        x_label="training rows of a typical label",
        form=html.percent,
    )
    return [
        html.card(html.chart(drawn), html.paragraph(str(curve.get("method")), quiet=True), title="With more labels")
    ]


def _loss(history: list[dict[str, float]], epochs: list[dict[str, float]]) -> str:
    data = {"training": _points(history, "epoch", "loss")}
    if validated := _points(epochs, "epoch", "valid_loss"):
        data["validation"] = validated
    return charts.line_chart(
        title="Loss during training", data=data, x_label="epoch", y_label="loss", form=html.decimal, low=0
    )


def _validation(epochs: list[dict[str, float]], best: float | None) -> str:
    data = {"accuracy": _points(epochs, "epoch", "valid_accuracy")}
    if scores := _points(epochs, "epoch", "valid_macro_f1"):
        data["macro F1"] = scores
    return charts.line_chart(
        title="Accuracy and macro F1 on the validation texts after each epoch",
        data=data,
        x_label="epoch",
        form=html.percent,
        mark=best,
        mark_label="kept" if best is not None else "",
    )


def _facts(evaluation: Evaluation, best: float | None) -> Markup:
    stopped, resumed = evaluation.get("stopped_early"), html.number(evaluation.get("resumed_from_step"))
    rows: list[tuple[str, html.Content]] = [
        ("training time", html.duration(evaluation.get("train_seconds"))),
        ("texts per second", html.count(evaluation.get("texts_per_second"))),
        ("processes", html.count(evaluation.get("processes"))),
        ("precision", str(evaluation.get("train_precision") or html.NOTHING)),
        ("final training loss", html.decimal(evaluation.get("train_loss"))),
        ("epoch kept", f"{best:g}" if best is not None else html.NOTHING),
        ("stopped early", ("yes" if stopped else "no") if isinstance(stopped, bool) else html.NOTHING),
        ("started again", _again(evaluation)),
        ("resumed", html.NOTHING if resumed is None else f"from step {resumed:,.0f}" if resumed else "no"),
    ]
    return html.facts(rows)


def _again(evaluation: Evaluation) -> html.Content:
    restarted = evaluation.get("restarted")
    if not isinstance(restarted, bool):
        return html.NOTHING
    if not restarted:
        return "no"
    return "yes, but learned nothing" if evaluation.get("learned_nothing") else "yes: the first try learned nothing"


def _records(value: Any) -> list[dict[str, float]]:
    records = []
    for each in html.listing(value):
        figures = {key: html.number(figure) for key, figure in html.mapping(each).items()}
        records.append({key: figure for key, figure in figures.items() if figure is not None})
    return records


def _points(records: list[dict[str, float]], across: str, up: str) -> list[tuple[float, float]]:
    return [(each[across], each[up]) for each in records if across in each and up in each]
