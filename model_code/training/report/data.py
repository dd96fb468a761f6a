"""The data: rows used and dropped, duplicates, conflicts, the split, and the leak that the split avoids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from contracts.models.evaluation import Evaluation
from model_code.training.drawing import charts
from model_code.training.report import html

SHOWN = 3
LINES = 5


def dataset(evaluation: Evaluation, metadata: dict[str, Any]) -> Markup:
    """Counts, labels, dropped rows, duplicates and conflicts."""
    data = html.mapping(evaluation.get("data")) or html.mapping(metadata.get("dataset"))
    if not data:
        return html.section("data", "Data", html.missing("the description of the dataset is missing"))
    near, conflicts = html.mapping(data.get("near_duplicates")), html.mapping(data.get("conflicts"))
    dropped = html.mapping(data.get("dropped"))
    figures = html.tiles(
        html.tile("Rows read", html.count(data.get("rows_read"))),
        html.tile("Rows used", html.count(data.get("rows_used"))),
        html.tile("Dropped", html.count(sum(html.number(each) or 0 for each in dropped.values()))),
        html.tile("Exact duplicates", html.count(data.get("exact_duplicates"))),
        html.tile(
            "Near duplicates",
            html.count(near.get("rows")),
            f"in {html.plural(near.get('groups'), 'group')}" if near else "not measured",
        ),
        html.tile("Texts with conflicting labels", html.count(conflicts.get("texts"))),
    )
    labels = {str(name): html.number(each) or 0.0 for name, each in html.mapping(data.get("labels")).items()}
    cards = [
        html.card(html.chart(charts.bar_chart(title="Rows of each label", data=labels, x_label="rows")), title="Labels")
        if labels
        else "",
        html.card(_labels(data), title="Labels in the file") if _named(data) else "",
        html.card(_dropped(data, dropped), title="Dropped rows"),
        html.card(_near(near), title="Near duplicates"),
        html.card(_conflicts(conflicts), title="The same text under two labels"),
    ]
    return html.section("data", "Data", figures, html.grid(*cards, two=True))


def split(evaluation: Evaluation) -> Markup:
    """How the rows were split, and how much a random split would have leaked."""
    counts = html.mapping(evaluation.get("counts"))
    parts = {"train": "training", "valid": "validation", "test": "test"}
    sizes = {title: html.number(counts.get(key)) for key, title in parts.items()}
    known = {title: size for title, size in sizes.items() if size is not None}
    method = str(evaluation.get("split") or "")
    data = html.mapping(evaluation.get("data"))
    kept = f"Kept together: {data['grouped_by']}" if data.get("grouped_by") else ""
    kept += f" ({html.plural(data['stories'], 'story', 'stories')})" if kept and data.get("stories") else ""
    shown = (
        html.chart(charts.bar_chart(title="Texts in each part", data=known, x_label="texts"))
        if known
        else html.missing("the sizes of the parts")
    )
    return html.section(
        "split",
        "Split and leak",
        html.grid(
            html.card(
                shown,
                html.paragraph(html.sentence(method), quiet=True) if method else "",
                html.paragraph(f"{kept}.", quiet=True) if kept else "",
                title="Parts",
            ),
            html.card(_leak(html.mapping(evaluation.get("leak"))), title="What a random split would have leaked"),
        ),
    )


def _leak(leak: dict[str, Any]) -> Markup:
    if html.number(leak.get("random_split_share")) is None:
        return html.missing("the leak of a random split")
    drawn = charts.bar_chart(
        title="Test texts with a near duplicate or a text of the same story among the training texts",
        data={
            "random split": html.number(leak.get("random_split_share")) or 0.0,
            "this split": html.number(leak.get("this_split_share")) or 0.0,
        },
        x_label="test texts with a near duplicate or story-mate in training",
        form=html.percent,
        high=1,
    )
    parts: list[html.Content] = [html.chart(drawn)]
    random, ours = html.number(leak.get("baseline_accuracy_random")), html.number(leak.get("baseline_accuracy_this"))
    if random is not None and ours is not None:
        inflation = html.number(leak.get("inflation"))
        inflation = random - ours if inflation is None else inflation
        scores = (
            f"The TF-IDF baseline scores {html.percent(random)} on a random split and {html.percent(ours)} on this one"
        )
        both = html.pair(leak.get("inflation_interval"))
        within = f" (95 % interval {html.span_of_points(both)})" if both else ""
        significant = inflation > 0.0005 if both is None else both[0] > 0
        parts.append(
            html.paragraph(
                f"{scores}: {inflation * 100:.1f} points{within} are due to near duplicates of training texts."
                if significant
                else f"{scores}: no significant difference{within}."
            )
        )
    if leak.get("method"):
        used = f" ({html.plural(leak.get('rows_used'), 'row')} used)" if leak.get("rows_used") else ""
        parts.append(html.paragraph(f"Measured by: {str(leak['method']).rstrip('.')}{used}.", quiet=True))
    return html.join(parts)


def _named(data: dict[str, Any]) -> bool:
    return bool(html.listing(data.get("label_mapping")) or html.listing(data.get("label_findings")))


def _labels(data: dict[str, Any]) -> Markup:
    """What data.labels changed, and labels that may not be meant."""
    rows = [
        [
            str(each.get("label")),
            "(left out)" if each.get("becomes") is None else str(each["becomes"]),
            html.count(each.get("rows")),
        ]
        for each in map(html.mapping, html.listing(data.get("label_mapping")))
    ]
    parts: list[html.Content] = []
    if rows:
        parts.append(html.table("Labels changed by data.labels", ["in the file", "in the model", "rows"], rows))
    parts += [html.paragraph(str(each)) for each in html.listing(data.get("label_findings"))]
    return html.join(parts)


def _dropped(data: dict[str, Any], dropped: dict[str, Any]) -> Markup:
    if not dropped:
        return html.paragraph("No row was dropped." if "dropped" in data else "Not measured.")
    lines = html.mapping(data.get("dropped_first_lines"))
    rows = [
        [
            reason,
            html.count(each),
            ", ".join(str(line) for line in html.listing(lines.get(reason))[:LINES]) or html.NOTHING,
        ]
        for reason, each in dropped.items()
    ]
    return html.table("Dropped rows", ["reason", "rows", "first lines"], rows)


def _near(near: dict[str, Any]) -> Markup:
    if not near:
        return html.missing("near duplicates")
    parts: list[html.Content] = [
        html.paragraph(
            f"{html.plural(near.get('rows'), 'row')} in {html.plural(near.get('groups'), 'group')}, "
            f"the largest of {html.plural(near.get('largest'), 'row')}. A group is never split between the parts."
        )
    ]
    examples = [each for each in html.listing(near.get("examples")) if isinstance(each, Sequence)][:SHOWN]
    if examples:
        items = [html.tag("li", *_lines([str(text) for text in each])) for each in examples]
        parts.append(html.tag("ul", *items, class_="pairs"))
    return html.join(parts)


def _conflicts(conflicts: dict[str, Any]) -> Markup:
    if not conflicts:
        return html.missing("conflicting labels")
    parts: list[html.Content] = [
        html.paragraph(
            f"{html.plural(conflicts.get('texts'), 'text')}, "
            f"{html.plural(conflicts.get('rows_dropped'), 'row')} dropped."
            if conflicts.get("texts")
            else "None."
        )
    ]
    if conflicts.get("rule"):
        parts.append(html.paragraph(f"Rule: {str(conflicts['rule']).rstrip('.')}.", quiet=True))
    examples = [_example(each) for each in html.listing(conflicts.get("examples"))[:SHOWN]]
    if examples:
        parts.append(html.tag("ul", *examples, class_="pairs"))
    return html.join(parts)


def _example(example: Any) -> Markup:
    """A text, its labels with the rows of each, and the label it kept."""
    conflict = html.mapping(example)
    labels = [f"{name} ({html.plural(rows, 'row')})" for name, rows in html.mapping(conflict.get("labels")).items()]
    kept = f"; kept: {conflict.get('kept') or 'none'}" if "kept" in conflict else ""
    return html.tag("li", *_lines([str(conflict.get("text", html.NOTHING)), ", ".join(labels) + kept]))


def _lines(texts: Sequence[str]) -> list[Markup]:
    return [html.tag("span", text) for text in texts]
