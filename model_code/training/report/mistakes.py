"""The mistakes made with most confidence, and the words that moved them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from model_code.training.report import html

# An influence of this much has the full shade.
FULL = 0.5
# Less than this is not worth a shade.
SLIGHT = 0.01
NAMED = 3


def most_confident(evaluation: dict[str, Any]) -> Markup:
    """Each mistake with its text, its words shaded by influence."""
    title = "Most confident mistakes"
    if not isinstance(evaluation.get("mistakes"), list):
        return html.section("mistakes", title, html.missing("the words that moved the wrong answers"))
    given = [html.mapping(each) for each in evaluation["mistakes"]]
    if not given:
        return html.section("mistakes", title, html.paragraph("No test text was given a wrong label."))
    legend = html.paragraph(
        html.tag("mark", "shaded", class_="for", style="--push:0.6"),
        " words pushed the model to its wrong answer: without one, the answer's probability falls. ",
        html.tag("mark", "underlined", class_="against"),
        " words spoke against it. Some of these texts may be labelled wrongly themselves: they are the first to check.",
        quiet=True,
    )
    return html.section("mistakes", title, legend, html.tag("ol", *(map(_mistake, given)), class_="mistakes"))


def _mistake(mistake: dict[str, Any]) -> Markup:
    words = [html.mapping(each) for each in html.listing(mistake.get("words"))]
    text = _shaded(words) if words else escape(str(mistake.get("text", "")))
    pushed = sorted(words, key=lambda each: -(html.number(each.get("influence")) or 0))[:NAMED]
    moved = [
        f"{each.get('word')} {html.signed(influence * 100, 0)}"
        for each in pushed
        if (influence := html.number(each.get("influence")) or 0) >= SLIGHT
    ]
    return html.tag(
        "li",
        html.tag("p", text, class_="text"),
        html.tag(
            "p",
            "called ",
            html.tag("b", str(mistake.get("predicted", html.NOTHING)), class_="wrong"),
            f" with {html.percent(mistake.get('confidence'))}, labelled ",
            html.tag("b", str(mistake.get("truth", html.NOTHING))),
            f" ({html.percent(mistake.get('probability_of_truth'))})",
        ),
        html.paragraph("Moved most by: " + ", ".join(moved) + " points", quiet=True)
        if moved
        else html.paragraph("No single word decided: without any one of them the answer stays.", quiet=True),
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
    if influence >= SLIGHT:
        return html.tag("mark", word, class_="for", style=f"--push:{min(influence / FULL, 1):.2f}", title=hint)
    if influence <= -SLIGHT:
        return html.tag("mark", word, class_="against", title=hint)
    return word
