"""Draws the analysis: one SVG for each question."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from model_code.training.drawing import charts
from model_code.training.exploring import stacked

MOMENTS = {"hour": "%d %b %H:%M", "day": "%d %b", "week": "%d %b %Y", "month": "%b %Y", "year": "%Y"}
TERMS_OF = 12  # labels whose terms are drawn, the most frequent ones
LABELS = 25


def draw(analysis: Mapping[str, Any]) -> dict[str, str]:
    """Name -> SVG: balance, words, pieces, pieces_by_label, duplicates, leak, publishers, time, `terms: <label>`.

    Figures without data are absent.
    """
    labels = analysis["labels"]
    ranked = sorted(labels, key=lambda label: (-labels[label], label))
    drawn = {
        "balance": charts.bar_chart(
            title="Rows of each label", data=[(label, labels[label]) for label in ranked][:LABELS]
        )
    }
    drawn |= _lengths(analysis["lengths"], ranked)
    drawn |= _duplicates(analysis)
    if analysis.get("publishers"):
        top = analysis["publishers"]["top"]
        data = [(each["publisher"], each["labels"]) for each in top]
        drawn["publishers"] = stacked.bars(title="Rows of the largest publishers, by label", data=data, labels=ranked)
    if analysis.get("time"):
        time = analysis["time"]
        drawn["time"] = stacked.columns(
            title=f"Rows by {time['unit']} and label",
            data=[(_moment(each["start"], time["unit"]), each["labels"]) for each in time["bins"]],
            labels=ranked,
            y_label=f"rows per {time['unit']}",
        )
    for label in ranked[:TERMS_OF]:
        terms = analysis["terms"]["labels"].get(label)
        if terms:
            data = [(each["term"], each["score"]) for each in terms]
            drawn[f"terms: {label}"] = charts.bar_chart(
                title=f"Most distinctive terms of {label}", data=data, x_label="z-score of the log-odds"
            )
    return drawn


def _lengths(lengths: Mapping[str, Any], ranked: list[str]) -> dict[str, str]:
    drawn = {}
    for kind, name in (("words", "words"), ("pieces", "word pieces")):
        histogram = lengths[kind]["histogram"]
        drawn[kind] = charts.histogram(
            title=f"Texts by length in {name}",
            data=(histogram["edges"], histogram["counts"]),
            x_label=name,
            y_label="texts",
            mark=lengths[kind]["p95"],
            mark_label=f"95 % have at most {lengths[kind]['p95']}",
        )
    drawn["pieces_by_label"] = charts.grouped_bars(
        title="Word pieces of a text, by label",
        data={
            title: {label: lengths["pieces"]["labels"][label][key] for label in ranked[:LABELS]}
            for key, title in (("median", "median"), ("p95", "95 % have at most"))
        },
    )
    return drawn


def _duplicates(analysis: Mapping[str, Any]) -> dict[str, str]:
    drawn = {}
    data = analysis["data"]
    near = (data.get("near_duplicates") or {}).get("rows")
    counts = {
        "exact duplicates": data.get("exact_duplicates"),
        "near duplicates": near,
        "dropped": sum(data.get("dropped", {}).values()),
        "conflicting texts": (data.get("conflicts") or {}).get("texts"),
    }
    known = [(name, value) for name, value in counts.items() if value is not None]
    drawn["duplicates"] = charts.bar_chart(title="Duplicates, conflicts and dropped rows", data=known)
    leak = analysis.get("leak")
    if leak:
        accuracies = {
            "random split": leak.get("baseline_accuracy_random"),
            "this split": leak.get("baseline_accuracy_this"),
        }
        shares = {"random split": leak.get("random_split_share"), "this split": leak.get("this_split_share")}
        series = {"test texts with a copy in training": shares, "accuracy of TF-IDF + LinearSVC": accuracies}
        complete = {
            name: {key: value for key, value in values.items() if value is not None} for name, values in series.items()
        }
        drawn["leak"] = charts.grouped_bars(
            title="What a random split would have leaked", data=complete, form=charts.percent, high=1
        )
    return drawn


def _moment(start: str, unit: str) -> str:
    return datetime.fromisoformat(start).strftime(MOMENTS[unit]).lstrip("0")
