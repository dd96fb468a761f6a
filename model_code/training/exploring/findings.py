"""What the analysis means for training, as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_code.training.data import label_mapping
from model_code.training.data.scripts import DENSE_NAMES
from model_code.training.drawing.charts import percent
from model_code.training.evaluation import learning_curve

UNEVEN = 3.0  # times the rows of the smallest label
CUT = 0.01  # share of texts that max_length may cut
UNKNOWN = 0.01
DRIFT = 0.10
FEW_TEST_ROWS = 50
ONE_SIDED = 0.15
CHANGED = 6  # labels that one sentence lists
OTHER_SCRIPT = 0.01  # share of letters from which a script is named
FOREIGN_SCRIPT = 0.10  # and from which it matters for the model
# From here on a pretrained tokenizer spells out the words rather than knowing them: in its own language it has about a
# quarter of a piece for each letter.
SPELLED_OUT = 0.5


def sentences(analysis: Mapping[str, Any]) -> list[str]:
    """What to know before training, the basics first."""
    return [
        *_rows(analysis),
        *_labels(analysis["data"]),
        *_balance(analysis),
        *learning_curve.sentences(analysis.get("learning_curve"), test_texts=analysis["split"]["test"]),
        *_scripts(analysis.get("scripts") or {}, analysis["lengths"]["tokenizer"]),
        *_lengths(analysis["lengths"]),
        *_duplicates(analysis),
        *_publishers(analysis.get("publishers")),
        *_time(analysis.get("time")),
        *_unread(analysis["data"]),
    ]


def _rows(analysis: Mapping[str, Any]) -> Iterator[str]:
    data = analysis["data"]
    if data.get("dropped"):
        reasons = "; ".join(f"{reason.partition(':')[0]} {count:,}" for reason, count in data["dropped"].items())
        yield f"{sum(data['dropped'].values()):,} of {data['rows_read']:,} rows were dropped: {reasons}."
    conflicts = data.get("conflicts") or {}
    if conflicts.get("texts"):
        rule = f" Rule: {conflicts['rule'].rstrip('.')}." if conflicts.get("rule") else ""
        yield f"{conflicts['texts']:,} texts are in the file with different labels.{rule}"


def _labels(data: Mapping[str, Any]) -> Iterator[str]:
    changed = data.get("label_mapping") or []
    if changed:
        listed = "; ".join(label_mapping.sentences(changed[:CHANGED]))
        more = f"; and {len(changed) - CHANGED} more" if len(changed) > CHANGED else ""
        yield f"data.labels was applied: {listed}{more}."
    yield from data.get("label_findings") or []


def _balance(analysis: Mapping[str, Any]) -> Iterator[str]:
    labels, rows = analysis["labels"], analysis["rows_used"]
    largest, smallest = max(labels, key=labels.__getitem__), min(labels, key=labels.__getitem__)
    if labels[largest] >= UNEVEN * labels[smallest]:
        yield (
            f"The labels are uneven: {largest} has {labels[largest] / labels[smallest]:.1f} times the rows of "
            f"{smallest} ({percent(labels[smallest] / rows)}). Judge by macro F1; "
            f"class_weights: balanced may help {smallest}."
        )
    test = analysis["split"]["test"] * labels[smallest] / rows
    if test < FEW_TEST_ROWS:
        yield (
            f"The test part has about {test:.0f} text{'' if round(test) == 1 else 's'} of {smallest}: its figures will "
            "have wide intervals. "
            "More rows or a larger test_fraction would narrow them."
        )


def _scripts(shares: Mapping[str, float], tokenizer: Mapping[str, Any]) -> Iterator[str]:
    named = [name for name, share in shares.items() if share >= OTHER_SCRIPT]
    others = [name for name in named if name != "Latin" and shares[name] >= FOREIGN_SCRIPT]
    if others:
        listed = ", ".join(f"{name} {percent(shares[name])}" for name in named)
        yield f"The texts' letters are {listed}."
    main = " and ".join(others)
    if not tokenizer.get("pretrained"):
        if others:
            yield (
                f"The compact model learns its word pieces from these texts and can read {main}; a pretrained encoder "
                "can only if it was trained on such texts: take a multilingual one or one of this language, not an "
                "English one, and look at it with --base-model."
            )
        return
    unknown, spelled = tokenizer["unknown_share"], tokenizer.get("pieces_per_letter", 0)
    if unknown > UNKNOWN:
        yield (
            f"{tokenizer['name']} does not know {percent(unknown)} of the word pieces"
            + (
                f": it was hardly trained on {main}. Take a multilingual encoder, or base_model: compact."
                if others
                else "."
            )
        )
    elif others and spelled > SPELLED_OUT and not DENSE_NAMES & set(others):
        yield (
            f"{tokenizer['name']} spells {main} out, with {spelled:.1f} word pieces for each letter: it was hardly "
            "trained on such texts. Take a multilingual encoder, or base_model: compact."
        )


def _lengths(lengths: Mapping[str, Any]) -> Iterator[str]:
    pieces, cut = lengths["pieces"], lengths["longer_than"]
    fitting = [int(limit) for limit, share in cut.items() if share <= CUT]
    if fitting:
        limit = min(fitting)
        share = cut[str(limit)]
        cuts = f"cuts {percent(share)} of them" if share >= 0.0005 else "cuts hardly any" if share else "cuts none"
        yield (
            f"A text has {pieces['mean']:.1f} word pieces on average, 99 % have at most {pieces['p99']}: "
            f"max_length {limit} {cuts}."
        )
    else:
        yield (
            f"{percent(cut['512'])} of the texts are longer than 512 word pieces: most models read only the beginning. "
            "Check that this is the text column."
        )
    unknown = lengths["tokenizer"]["unknown_share"]
    if unknown > UNKNOWN and not lengths["tokenizer"].get("pretrained"):
        yield (
            f"The tokenizer does not know {percent(unknown)} of the word pieces: "
            "check for another script or many symbols."
        )


def _duplicates(analysis: Mapping[str, Any]) -> Iterator[str]:
    data, leak = analysis["data"], analysis.get("leak") or {}
    near = data.get("near_duplicates") or {}
    if near.get("rows"):
        yield (
            f"{near['rows']:,} rows ({percent(near['rows'] / analysis['rows_used'])}) have a near duplicate, in "
            f"{near['groups']:,} groups; the split keeps each group on one side."
        )
    share = leak.get("random_split_share")
    if share:
        yield (
            f"A random split would leak: {percent(share)} of its test texts would have a near duplicate or a "
            f"story-mate in training{_inflation(leak)}."
        )


def _inflation(leak: Mapping[str, Any]) -> str:
    if leak.get("inflation") is None or not leak.get("inflation_interval"):
        return ""
    low, high = (100 * end for end in leak["inflation_interval"])
    between = f"95 % interval {low:.1f} to {high:.1f} points"
    if low > 0:
        return f", raising the accuracy of TF-IDF + LinearSVC by {100 * leak['inflation']:.1f} points ({between})"
    return f", without a measurable gain for TF-IDF + LinearSVC ({between})"


def _publishers(publishers: Mapping[str, Any] | None) -> Iterator[str]:
    if not publishers or publishers["majority_share"] is None:
        return
    gain = publishers["majority_share"] - publishers["label_share"]
    if gain >= ONE_SIDED:
        yield (
            f"The publisher alone predicts the label of {percent(publishers['majority_share'])} of the rows (the most "
            f"frequent class: {percent(publishers['label_share'])}), so the model may learn publishers' set phrases."
        )


def _time(time: Mapping[str, Any] | None) -> Iterator[str]:
    if not time or len(time["bins"]) < 2:
        return
    halves = _halves(time["bins"])
    moves = {label: halves[1][label] - halves[0][label] for label in halves[0]}
    label = max(moves, key=lambda name: abs(moves[name]))
    if abs(moves[label]) >= DRIFT:
        yield (
            f"The mix of labels changes: {label} goes from {percent(halves[0][label])} in the earlier half of the "
            f"rows to {percent(halves[1][label])} in the later one. Retrain often, and watch the drift monitor."
        )


def _unread(data: Mapping[str, Any]) -> Iterator[str]:
    times, quotes = data.get("times") or {}, data.get("stray_quotes") or {}
    if times.get("question"):
        yield f"The times are not used: {times['question']}."
    if times.get("unread"):
        lines = ", ".join(map(str, times["unread_first_lines"]))
        yield f"{times['unread']:,} rows have a time that cannot be read (first lines: {lines})."
    if quotes.get("rows"):
        lines = ", ".join(map(str, quotes["first_lines"]))
        yield f"In {quotes['rows']:,} rows, a quote was taken for text (first lines: {lines}): look at them."


def _halves(bins: list[dict[str, Any]]) -> tuple[dict[str, float], dict[str, float]]:
    """Shares of the labels in the earlier and the later half of the rows, divided between two time bins."""
    total, seen, cut = sum(each["rows"] for each in bins), 0, 1
    for index, each in enumerate(bins[:-1], 1):
        seen += each["rows"]
        cut = index
        if seen >= total / 2:
            break
    return _shares(bins[:cut]), _shares(bins[cut:])


def _shares(bins: list[dict[str, Any]]) -> dict[str, float]:
    rows = sum(each["rows"] for each in bins) or 1
    return {label: sum(each["labels"][label] for each in bins) / rows for label in bins[0]["labels"]}
