"""How the served model was made: the export's candidates, settings, libraries, cost."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from contracts.models.evaluation import Evaluation
from model_code.training.report import html
from model_code.training.settings import LINEAR


def export(evaluation: Evaluation) -> Markup:
    """The candidate model files, and the one that serves."""
    served = evaluation.get("served_precision")
    exported = html.mapping(evaluation.get("export"))
    candidates = [html.mapping(each) for each in html.listing(exported.get("candidates"))]
    rows = [
        [
            html.join(
                [str(each.get("precision")), html.tag("small", "served") if each.get("precision") == served else ""]
            ),
            html.percent(each.get("agreement"), 2),
            html.percent(each.get("accuracy")),
            html.small(each.get("max_probability_difference")),
            html.decimal(each.get("ms_per_text"), 2),
            html.decimal(each.get("megabytes"), 1),
        ]
        for each in candidates
    ]
    columns = ["precision", "agreement", "accuracy", "largest difference", "ms per text", "MB"]
    parts: list[html.Content] = [
        html.table("On the validation texts", columns, rows) if rows else html.missing("the candidates of the export")
    ]
    if rows and served == LINEAR:
        parts.append(html.paragraph("These are the files of the encoder, which does not serve: the linear model does."))
    elif exported.get("reason"):
        parts.append(html.paragraph(html.sentence(exported["reason"])))
    facts: list[tuple[str, html.Content]] = [
        ("served as", str(served or html.NOTHING)),
        ("agreement of int8 with float32's labels", html.percent(evaluation.get("int8_agreement"), 2)),
        ("largest difference from torch", html.small(evaluation.get("torch_difference"))),
    ]
    return html.section("export", "Export", html.grid(html.card(*parts, html.facts(facts), wide=True)))


def settings(evaluation: Evaluation, metadata: dict[str, Any]) -> Markup:
    """Hyperparameters and libraries, and the digests of what made the model."""
    hyperparameters = [
        (str(name), _value(each)) for name, each in html.mapping(metadata.get("hyperparameters")).items()
    ]
    libraries = [(str(name), _value(each)) for name, each in html.mapping(metadata.get("libraries")).items()]
    digests: list[tuple[str, html.Content]] = [
        ("dataset, SHA-256", html.tag("code", str(evaluation.get("dataset_sha256") or html.NOTHING))),
        *(
            [
                ("dataset version", str(evaluation["dataset_version"])),
                ("its manifest, SHA-256", html.tag("code", str(evaluation.get("manifest_sha256")))),
            ]
            if evaluation.get("dataset_version")
            else []
        ),
        ("training code, SHA-256", html.tag("code", str(metadata.get("code_digest") or html.NOTHING))),
    ]
    return html.section(
        "settings",
        "Settings and libraries",
        html.grid(
            html.card(
                html.facts(hyperparameters) if hyperparameters else html.missing("the hyperparameters"),
                title="Hyperparameters",
                wide=True,
            ),
            html.card(
                html.facts(libraries) if libraries else html.missing("the libraries"), title="Libraries", wide=True
            ),
            html.card(html.facts(digests), title="Made from", wide=True),
        ),
    )


def cost(evaluation: Evaluation) -> Markup:
    """How long it took and what it cost."""
    figures = html.mapping(evaluation.get("cost"))
    usd, hourly = html.number(figures.get("usd")), html.number(figures.get("usd_per_hour"))
    facts: list[tuple[str, html.Content]] = [
        ("training", html.duration(evaluation.get("train_seconds"))),
        ("whole job", html.duration(evaluation.get("job_seconds") or figures.get("seconds"))),
        ("instance", str(figures.get("instance_type") or html.NOTHING)),
        ("instances", html.count(figures.get("instance_count"))),
        ("USD per instance hour", html.NOTHING if hourly is None else f"{hourly:,.3f}"),
        ("cost", html.NOTHING if usd is None else html.money(usd)),
    ]
    note = html.paragraph(html.sentence(figures["note"]), quiet=True) if figures.get("note") else ""
    card = html.card(html.facts(facts), note, wide=True)
    return html.section("cost", "Cost and duration", html.grid(card))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return html.NOTHING if value is None or value == "" else f"{value:g}" if isinstance(value, float) else str(value)
