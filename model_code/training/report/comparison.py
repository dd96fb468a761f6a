"""The model compared with the baseline and the approved model, text by text."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from contracts.models.evaluation import Evaluation
from model_code.training.drawing import charts
from model_code.training.report import html
from model_code.training.report.verdict import SIGNIFICANCE


def side_by_side(evaluation: Evaluation) -> Markup:
    """Figures side by side, then a paired comparison with each."""
    baseline, approved = html.mapping(evaluation.get("baseline")), html.mapping(evaluation.get("champion"))
    sides = [("this model", evaluation), ("baseline", baseline), ("approved model", approved)]
    known = [(name, figures) for name, figures in sides if figures]
    rows = [
        [title, *(html.percent(figures.get(key)) for _, figures in known)]
        for key, title in (("accuracy", "accuracy"), ("macro_f1", "macro F1"))
    ]
    side_by_side = html.table("Side by side on the same test texts", ["", *(name for name, _ in known)], rows)
    names = [
        f"Baseline: {baseline['name']}, fitted in {html.duration(baseline.get('fit_seconds'))}."
        if baseline.get("name")
        else "",
        f"Approved model: {approved['model_version']}." if approved.get("model_version") else "",
    ]
    return html.section(
        "comparison",
        "Against the baseline and the approved model",
        html.grid(
            html.card(
                side_by_side,
                html.paragraph(" ".join(name for name in names if name), quiet=True),
                title="Side by side",
            ),
            _paired(baseline, "the baseline", short="baseline", absent="the baseline"),
            _paired(approved, "the approved model", short="approved", absent=_no_comparison(evaluation, approved)),
        ),
    )


def _no_comparison(evaluation: Evaluation, approved: dict[str, Any]) -> str:
    if approved:
        return f"the approved model is not comparable ({approved.get('reason') or 'unknown reason'})"
    return "there is no approved model yet" if "champion" in evaluation else "the approved model"


def _paired(other: dict[str, Any], name: str, *, short: str, absent: str) -> Markup:
    """One paired comparison: the texts that only one of the two has right."""
    title = f"Text by text with {name}"
    paired = html.mapping(other.get("comparison"))
    chance = html.number(paired.get("mcnemar_p"))
    if chance is None:
        reason = f"a paired comparison with {name}" if html.number(other.get("accuracy")) is not None else absent
        return html.card(html.missing(reason), title=title)
    differences = {
        shown: (value, *both)
        for key, shown in (("accuracy", "accuracy"), ("macro_f1", "macro F1"))
        if (value := html.number(paired.get(f"{key}_difference"))) is not None
        and (both := html.pair(paired.get(f"{key}_difference_interval")))
    }
    drawn = charts.interval_chart(
        title=f"Differences from {name}, in points",
        data={shown: tuple(each * 100 for each in values) for shown, values in differences.items()},
        x_label="points above (+) or below (−), 95 % intervals",
        form=lambda value: html.signed(value, 1),
        zero=True,
    )
    only_new, only_old = paired.get("only_new_right"), paired.get("only_old_right")
    same = (html.number(paired.get("texts")) or 0) - (html.number(only_new) or 0) - (html.number(only_old) or 0)
    counted = charts.bar_chart(
        title="Texts that only one of the two has right",
        data={"this model": html.number(only_new) or 0.0, short: html.number(only_old) or 0.0},
        x_label="texts that only this one has right",
        form=html.count,
    )
    return html.card(
        html.paragraph(_summary(paired, chance, name)),
        html.chart(counted) if only_new or only_old else "",
        html.chart(drawn) if differences and (only_new or only_old) else "",
        html.paragraph(
            f"On {'the other' if only_new or only_old else 'all'} {html.plural(same, 'text')} both are right or both "
            f"are wrong. McNemar's exact test: p\u00a0{html.chance(chance)}. "
            f"Intervals from {html.count(paired.get('resamples'))} resamples of the texts.",
            quiet=True,
        ),
        title=title,
    )


def _summary(paired: dict[str, Any], chance: float, name: str) -> str:
    difference = html.number(paired.get("accuracy_difference")) or 0.0
    if not paired.get("only_new_right") and not paired.get("only_old_right"):
        return "Both are right and wrong on exactly the same texts."
    if chance >= SIGNIFICANCE:
        return (
            f"The {html.plural(paired.get('texts'), 'test text')} show no significant difference: chance alone would "
            "often produce one as large."
        )
    which = "better" if difference > 0 else "worse"
    return f"This model is {which} than {name}: chance alone would rarely produce such a difference."
