"""Applies the setting `data.labels` to the rows of a file, and records what it did."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from contracts.texts.label_mapping import SETTING, LabelMapping
from model_code.training.data.rows import Drops, Row
from model_code.training.errors import DatasetError, TrainingError

DROPPED = f"label in {SETTING}.drop: the setting leaves its rows out"
NOTHING = LabelMapping()
_SHOWN = 60  # characters of a label in a message


def read(channel: Path | None, *, sha256: str) -> LabelMapping:
    """The mapping in a job's channel; TrainingError if it is not the one with this digest ("": there is none)."""
    if not sha256:
        return NOTHING
    files = sorted(channel.glob("*.json")) if channel else []
    mapping = _of_file(files[0]) if len(files) == 1 else NOTHING
    if mapping.sha256 != sha256:
        raise TrainingError(f"the job's channel labels does not have the {SETTING} that the deploy sent; deploy again")
    return mapping


def read_file(path: Path) -> LabelMapping:
    """A mapping from a JSON file; TrainingError if it is none, or cannot be meant."""
    mapping = _of_file(path)
    fault = mapping.fault()
    if fault:
        raise TrainingError(f"{'.'.join((SETTING, *fault.key))}: {fault.label!r}: {fault.why}")
    return mapping


def _of_file(path: Path) -> LabelMapping:
    try:
        return LabelMapping.of(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise TrainingError(f"{path.name} is not a mapping of labels: {error}") from error


def apply(
    rows: Sequence[Row], mapping: LabelMapping, drops: Drops, *, file: str
) -> tuple[list[Row], list[dict[str, Any]]]:
    """The rows with their new labels, and each changed label: `label`, `becomes` (None: left out), `rows`.

    Rows that are left out are counted in `drops`. DatasetError if the mapping names a label that no row has, or
    renames one to a label that other rows have already.
    """
    if not mapping:
        return list(rows), []
    counts = Counter(row.label for row in rows)
    _check(mapping, counts, file=file)
    targets = mapping.targets()
    kept = []
    for row in rows:
        label = targets.get(row.label, row.label)
        if label is None:
            drops.add(DROPPED, row.line)
        else:
            kept.append(row if label == row.label else replace(row, label=label))
    done = [{"label": label, "becomes": target, "rows": counts[label]} for label, target in sorted(targets.items())]
    return kept, done


def sentences(done: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each changed label, for the job's log and the reports."""
    return [
        f"label {each['label']!r}: {each['rows']:,} rows "
        + ("left out" if each["becomes"] is None else f"became {each['becomes']!r}")
        for each in done
    ]


def _check(mapping: LabelMapping, counts: Counter[str], *, file: str) -> None:
    for key, label in mapping.named():
        if label not in counts:
            close = difflib.get_close_matches(label, list(counts), n=1, cutoff=0.5)
            hint = f" (perhaps {close[0][:_SHOWN]!r} is meant)" if close else ""
            raise DatasetError(
                file=file,
                line=1,
                problem=f"{SETTING}.{key[0]} names the label {label[:_SHOWN]!r}, which no row has{hint}",
                remedy=f"correct {SETTING}, or take the label out of it; `rubric eda` lists the file's labels",
            )
    for old, new in mapping.rename.items():
        if new in counts:
            raise DatasetError(
                file=file,
                line=1,
                problem=f"{SETTING}.rename gives {old[:_SHOWN]!r} the name {new[:_SHOWN]!r}, "
                f"which {counts[new]:,} rows have already",
                remedy=f"use {SETTING}.merge to make them one label, or choose another name",
            )
