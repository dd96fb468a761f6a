"""The top of the page: how good the model is, and how it compares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from markupsafe import Markup

from contracts.models.evaluation import Evaluation
from model_code.training.drawing import charts
from model_code.training.evaluation import intervals
from model_code.training.report import html

SIGNIFICANCE = 0.05  # a smaller p value counts as a difference


def header(evaluation: Evaluation, metadata: dict[str, Any]) -> Markup:
    """The model, its origin and date, the verdict in a sentence, and the figures."""
    name = str(evaluation.get("model_version") or "unnamed")
    cost = html.mapping(evaluation.get("cost"))
    usd = html.number(cost.get("usd"))
    figures = html.tiles(
        html.tile("Accuracy", html.percent(evaluation.get("accuracy")), html.span(evaluation.get("accuracy_interval"))),
        html.tile("Macro F1", html.percent(evaluation.get("macro_f1")), html.span(evaluation.get("macro_f1_interval"))),
        html.tile(
            "Calibration error",
            html.percent(evaluation.get("calibration_error")),
            "gap between confidence and accuracy",
        ),
        html.tile(
            "Training",
            html.duration(evaluation.get("train_seconds")),
            f"job {html.duration(evaluation.get('job_seconds'))}"
            + (f", about {html.money(usd)}" if usd is not None else ""),
        ),
    )
    return html.tag(
        "header",
        html.tag("p", "Rubric training report", class_="kicker"),
        html.tag("h1", name),
        html.paragraph(_origin(evaluation, metadata), quiet=True),
        html.tag(
            "div",
            html.tag("p", sentence(evaluation), class_="sentence"),
            *(html.paragraph(str(each)) for each in html.listing(evaluation.get("warnings"))),
            figures,
            html.chart(_accuracy_chart(evaluation)) if _rows(evaluation) else "",
            class_="card verdict",
        ),
    )


def sentence(evaluation: Evaluation) -> str:
    """The verdict as a sentence."""
    accuracy = html.number(evaluation.get("accuracy"))
    if accuracy is None:
        return "The accuracy of this model was not measured."
    tested = html.number(html.mapping(evaluation.get("counts")).get("test"))
    opening = f"Right on {html.percent(accuracy)} of "
    opening += f"{html.count(tested)} test texts it had never seen" if tested else "the test texts"
    others: dict[str, list[str]] = {}
    for key, name in (("baseline", "the TF-IDF baseline"), ("champion", "the approved model")):
        if relation := compared(html.mapping(evaluation.get(key)), accuracy):
            others.setdefault(relation, []).append(name)
    relations = [f"{relation} {' and '.join(names)}" for relation, names in others.items()]
    if "champion" in evaluation and evaluation["champion"] is None:
        relations.append("there is no approved model yet")
    return opening + (": " + "; ".join(relations) if relations else "") + "."


def compared(other: dict[str, Any], accuracy: float) -> str:
    """How the model compares with another: words that precede the other's name; empty without its figures."""
    theirs = html.number(other.get("accuracy"))
    if theirs is None:
        return "not comparable with" if other else ""
    paired = html.mapping(other.get("comparison"))
    chance = html.number(paired.get("mcnemar_p"))
    difference = accuracy - theirs
    gap = f"{abs(difference) * 100:.1f} points"
    if chance is None:
        relation = "above" if difference > 0 else "below"
        return f"{gap} {relation}" if round(difference, 4) else "level with"
    if chance >= SIGNIFICANCE:
        return "not significantly different from"
    return f"{gap} better than" if difference > 0 else f"{gap} worse than"


def _origin(evaluation: Evaluation, metadata: dict[str, Any]) -> str:
    dataset = html.mapping(metadata.get("dataset") or evaluation.get("data"))
    base = evaluation.get("base_model")
    known = {"compact": "compact model trained from scratch", "linear": "linear model"}
    model = known.get(str(base), f"fine-tuned {base}") if base else ""
    if html.mapping(evaluation.get("model")).get("served") == "blend":
        model += ", blended with a linear model,"
    on = f"on {dataset['name']}" if dataset.get("name") else ""
    precision = evaluation.get("served_precision")
    parts = [
        f"{model} {on}".strip(),
        f"served as {precision}" if precision else "",
        _date(str(metadata.get("created") or "")),
    ]
    return " · ".join(part for part in parts if part)


def _date(written: str) -> str:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".strip()


def _rows(evaluation: Evaluation) -> dict[str, tuple[float, float, float]]:
    """Accuracy and its interval, of the model and of what it is compared with."""
    tested = html.number(html.mapping(evaluation.get("counts")).get("test"))
    rows = {}
    for name, figures in (
        ("this model", evaluation),
        ("baseline", html.mapping(evaluation.get("baseline"))),
        ("approved", html.mapping(evaluation.get("champion"))),
    ):
        accuracy = html.number(figures.get("accuracy"))
        if accuracy is None:
            continue
        both = html.pair(figures.get("accuracy_interval"))
        if both is None and tested and 0 <= accuracy <= 1:
            low, high = intervals.wilson(accuracy * tested, tested)
            both = (low, high)
        if both:
            rows[name] = (accuracy, *both)
    return rows


def _accuracy_chart(evaluation: Evaluation) -> str:
    return charts.interval_chart(
        title="Accuracy on the test texts, with 95 % confidence intervals",
        data=_rows(evaluation),
        x_label="accuracy on the test texts, 95 % intervals",
        form=html.percent,
    )
