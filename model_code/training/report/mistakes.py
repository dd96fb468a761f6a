"""The most confident mistakes, and the words that caused them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from contracts.models.evaluation import Evaluation
from model_code.training.report import html

FULL_SHADE = 0.5  # an influence this large gets the full shade
MIN_INFLUENCE = 0.01  # words with less are not shaded
WORDS_LISTED = 3


def most_confident(evaluation: Evaluation) -> Markup:
    """Each mistake with its text, its words shaded by influence."""
    title = "Most confident mistakes"
    if not isinstance(evaluation.get("mistakes"), list):
        return html.section("mistakes", title, html.missing("the influence of words on wrong answers"))
    records = [html.mapping(each) for each in evaluation["mistakes"]]
    if not records:
        return html.section("mistakes", title, html.paragraph("No test text got a wrong label."))
    legend = html.paragraph(
        html.tag("mark", "shaded", class_="for", style="--push:0.6"),
        " words led the model to its wrong answer: without one, the answer's probability falls. ",
        html.tag("mark", "underlined", class_="against"),
        " words spoke against it. Some of these texts may have a wrong label in the dataset: check these first.",
        quiet=True,
    )
    return html.section("mistakes", title, legend, html.tag("ol", *(map(_mistake, records)), class_="mistakes"))


def _mistake(mistake: dict[str, Any]) -> Markup:
    words = [html.mapping(each) for each in html.listing(mistake.get("words"))]
    text = _shaded(words) if words else escape(str(mistake.get("text", "")))
    pushed = sorted(words, key=lambda each: -(html.number(each.get("influence")) or 0))[:WORDS_LISTED]
    moved = [
        f"{each.get('word')} {html.signed(influence * 100, 0)}"
        for each in pushed
        if (influence := html.number(each.get("influence")) or 0) >= MIN_INFLUENCE
    ]
    return html.tag(
        "li",
        html.tag("p", text, class_="text"),
        html.tag(
            "p",
            "predicted ",
            html.tag("b", str(mistake.get("predicted", html.NOTHING)), class_="wrong"),
            f" with {html.percent(mistake.get('confidence'))}, labelled ",
            html.tag("b", str(mistake.get("truth", html.NOTHING))),
            f" ({html.percent(mistake.get('probability_of_truth'))})",
        ),
        html.paragraph("Most influential words: " + ", ".join(moved) + " points", quiet=True)
        if moved
        else html.paragraph(
            "No single word is decisive: the answer stays the same without any one of them.", quiet=True
        ),
    )


def _shaded(words: list[dict[str, Any]]) -> Markup:
    return html.join(
        part
        for index, each in enumerate(words)
        for part in ([" "] if index else [])
        + [_word(str(each.get("word", "")), html.number(each.get("influence")) or 0)]
    )


def _word(word: str, influence: float) -> html.Content:
    hint = f"{html.signed(influence * 100, 1)} points"
    if influence >= MIN_INFLUENCE:
        return html.tag("mark", word, class_="for", style=f"--push:{min(influence / FULL_SHADE, 1):.2f}", title=hint)
    if influence <= -MIN_INFLUENCE:
        return html.tag("mark", word, class_="against", title=hint)
    return word
