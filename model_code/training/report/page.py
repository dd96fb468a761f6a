"""The whole report page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import escape

from contracts.models.evaluation import Evaluation
from model_code.training.drawing import charts
from model_code.training.report import choice, comparison, data, html, learning, mistakes, provenance, quality, verdict

STYLE = Path(__file__).with_name("page.css")
CONTENTS = {
    "data": "Data",
    "split": "Split and leak",
    "classes": "By label",
    "confusion": "Confusion matrix",
    "calibration": "Calibration",
    "comparison": "Comparison",
    "model": "Which model",
    "mistakes": "Mistakes",
    "training": "Training",
    "export": "Export",
    "settings": "Settings",
    "cost": "Cost",
}


def render(evaluation: Evaluation, metadata: dict[str, Any]) -> str:
    """The report as one HTML page, without scripts or anything to load, from evaluation.json and metadata.json.

    Sections without figures say that they were not measured.
    """
    contents = html.tag(
        "nav", *(html.tag("a", name, href=f"#{key}") for key, name in CONTENTS.items()), aria_label="Contents"
    )
    body = [
        verdict.header(evaluation, metadata),
        contents,
        html.tag(
            "main",
            data.dataset(evaluation, metadata),
            data.split(evaluation),
            quality.per_class(evaluation),
            quality.confusion(evaluation),
            quality.calibration(evaluation),
            comparison.side_by_side(evaluation),
            choice.kinds(evaluation),
            mistakes.most_confident(evaluation),
            learning.curves(evaluation),
            provenance.export(evaluation),
            provenance.settings(evaluation, metadata),
            provenance.cost(evaluation),
        ),
    ]
    title = escape(f"Training report: {evaluation.get('model_version') or 'unnamed'}")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">\n'
        f'<title>{title}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{charts.STYLE}\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n{html.join(body)}\n</body>\n</html>\n"
    )


def write(path: Path, evaluation: Evaluation, metadata: dict[str, Any]) -> None:
    """Write the page; its folder is created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(evaluation, metadata), encoding="utf-8")
