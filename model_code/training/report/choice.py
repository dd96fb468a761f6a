"""Which kind of model serves, and why: each kind's figures and price."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from contracts.models.evaluation import Evaluation
from model_code.training.report import html

TITLE = "Which model serves"


def kinds(evaluation: Evaluation) -> Markup:
    """The kinds that were trained, with the one that serves; its reason in words."""
    model = html.mapping(evaluation.get("model"))
    if not model.get("served"):
        return html.section("model", TITLE, html.missing("other kinds of model"))
    rows = [_row(html.mapping(each), str(model["served"])) for each in html.listing(model.get("candidates"))]
    columns = [
        "",
        "validation log loss",
        "accuracy",
        "test accuracy",
        "macro F1",
        "calibration error",
        "ms per text",
        "p",
    ]
    weights = html.mapping(model.get("weights"))
    facts: list[tuple[str, html.Content]] = [
        ("asked for", str(model.get("asked") or html.NOTHING)),
        ("served", str(model["served"])),
        *((f"weight of {name}", html.decimal(each, 2)) for name, each in weights.items()),
    ]
    return html.section(
        "model",
        TITLE,
        html.grid(
            html.card(
                html.table("Each kind, from the cheapest to the dearest", columns, rows) if rows else "",
                html.facts(facts),
                html.paragraph(html.sentence(model["reason"])) if model.get("reason") else "",
                html.paragraph(
                    "The validation texts decide; the test texts only report. p: McNemar's exact test of the served "
                    "kind against this one, on the test texts. ms: of one core, on the machine that trained.",
                    quiet=True,
                ),
                wide=True,
            )
        ),
    )


def _row(each: dict[str, Any], served: str) -> list[html.Content]:
    name = str(each.get("kind"))
    chance = html.number(html.mapping(each.get("comparison")).get("mcnemar_p"))
    return [
        html.join([name, html.tag("small", "served") if name == served else ""]),
        html.decimal(each.get("valid_log_loss")),
        html.percent(each.get("valid_accuracy")),
        html.percent(each.get("test_accuracy")),
        html.percent(each.get("test_macro_f1")),
        html.percent(each.get("test_calibration_error")),
        html.decimal(each.get("ms_per_text"), 2),
        html.NOTHING if chance is None else html.chance(chance),
    ]
