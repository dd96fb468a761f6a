"""The suggestions as sentences: how many labels look wrong, how sure that is, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_code.training.drawing.charts import percent

FEW_ROWS = 200  # below, the estimate is called rough
SHOWN = 5


def is_trusted(suggestions: Mapping[str, Any]) -> bool:
    """Whether the model has learned enough to judge labels: it beats the most frequent label beyond chance."""
    model = suggestions["model"]
    return bool(model["accuracy_interval"][0] > model["most_frequent"])


def sentences(suggestions: Mapping[str, Any]) -> list[str]:
    """What to know, the estimate first."""
    return [*_wrong(suggestions), *_not_judged(suggestions), *_contradictions(suggestions), *_next(suggestions)]


def _wrong(suggestions: Mapping[str, Any]) -> Iterator[str]:
    model, wrong, rows = suggestions["model"], suggestions["wrong"], suggestions["rows_used"]
    low, high = model["accuracy_interval"]
    if not suggestions["trusted"]:
        yield (
            f"There is too little data to judge labels: on rows that it was not trained on, the linear model gives the "
            f"file's label to {percent(model['accuracy'])} (95 % interval {percent(low)} to {percent(high)}), and "
            f"always the most frequent label would to {percent(model['most_frequent'])}. "
            "What is listed is hardly better than chance; add labelled rows first."
        )
        return
    first, last = wrong["interval"]
    if not suggestions["suspects"]:
        yield f"No label looks wrong; with 95 % confidence at most {last:,.0f} of {rows:,} do."
    else:
        yield (
            f"About {wrong['estimate']:,.0f} of {rows:,} labels look wrong ({percent(wrong['share'])}; with 95 % "
            f"confidence {first:,.0f} to {last:,.0f}). That is rather too many than too few, because it includes rows "
            f"that only the linear model gets wrong: it gives the file's label to {percent(model['accuracy'])} of the "
            "rows that it was not trained on."
        )
    if suggestions["suspects"]:
        yield (
            "Read the first rows of the list, and stop where most labels turn out right: "
            "the model's own mistakes are in the end."
        )
    if rows < FEW_ROWS:
        yield f"With only {rows:,} rows the estimate is rough; the order of the list is more useful than its length."


def _not_judged(suggestions: Mapping[str, Any]) -> Iterator[str]:
    labels = suggestions["not_judged"]
    if labels:
        more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        yield (
            f"Labels with too few separate texts to be judged: {', '.join(labels[:SHOWN])}{more}. "
            "Add at least two different texts of each."
        )


def _contradictions(suggestions: Mapping[str, Any]) -> Iterator[str]:
    if suggestions["contradictions"]:
        yield (
            f"{suggestions['contradictions']:,} texts are in the file under several labels; they are not in this list "
            "(`rubric eda` counts them)."
        )


def _next(suggestions: Mapping[str, Any]) -> Iterator[str]:
    if suggestions["next"]:
        yield (
            f"{len(suggestions['next']):,} of {suggestions['unlabelled']:,} texts without a label are suggested for "
            "labelling: those that the model is uncertain about, unlike one another and like many others."
        )
