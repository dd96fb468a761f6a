"""What a version is made of: the version before or a dataset, a further dataset, and the ledger's events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from contracts.datasets.votes import Folded, fold
from contracts.texts import text_normalization
from contracts.texts.label_mapping import LabelMapping
from model_code.training.data import conflicts, dataset, table_rows
from model_code.training.data import split as splitting
from model_code.training.data.rows import Drops, Row
from model_code.training.errors import TrainingError
from model_code.training.versions import rows
from model_code.training.versions.rows import VersionRow

R = TypeVar("R", VersionRow, Folded)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """How a dataset's files are read; "" for what is recognised."""

    text_column: str = ""
    label_column: str = ""
    encoding: str = ""
    time_format: str = "auto"


def of_version(path: Path, labels: LabelMapping) -> list[VersionRow]:
    """The rows of the version before, with what became of their labels since."""
    targets = labels.targets()
    found = rows.read(path)
    renamed = (replace(row, label=targets.get(row.label, row.label) or "") for row in found)
    return [row for row in renamed if row.label]


def of_dataset(
    path: Path, columns: Columns, labels: LabelMapping, *, valid: float, test: float, seed: int
) -> list[VersionRow]:
    """The rows of a first version, in the parts that training without versions gives them."""
    data = dataset.load(path, **vars(columns), labels=labels)
    parts = splitting.split(data.rows, valid_fraction=valid, test_fraction=test, seed=seed)
    sizes = Counter(row.group for row in data.rows)
    return [
        replace(_of_row(row), part=part, story=row.group if sizes[row.group] > 1 else "")
        for part, members in vars(parts).items()
        for row in members
    ]


def more_of_dataset(path: Path, columns: Columns, labels: LabelMapping) -> list[VersionRow]:
    """The rows of a dataset that joins a version: it may be small, and have few of the labels."""
    read = table_rows.read([path], **vars(columns))
    targets = labels.targets()
    named = [replace(row, label=targets.get(row.label, row.label) or "") for row in read.rows]
    resolved = conflicts.resolve([row for row in named if row.label], Drops())
    if not resolved.rows:
        raise TrainingError(f"{path.name} has no usable row: it adds nothing")
    return [replace(_of_row(row), story=row.group) for row in resolved.rows]


def of_ledger(path: Path, labels: LabelMapping) -> tuple[list[Folded], set[str], str]:
    """The rows of the ledger, the ids of all events, and the time of the newest. path: JSON lines, in any order."""
    by_row: dict[str, list[Event]] = {}
    known: set[str] = set()
    until = ""
    for event in _events(path):
        by_row.setdefault(event["row_id"], []).append(event)
        known.add(event["event_id"])
        until = max(until, event["time"])
    targets = labels.targets()
    return [fold(row_id, by_row[row_id], labels=targets) for row_id in sorted(by_row)], known, until


def without_erased(found: list[R], erased: Collection[str], key: bytes, *, gone: Collection[str] = ()) -> list[R]:
    """The rows that no tombstone keeps out. erased: keyed hashes; gone: ids of rows for which this is known."""
    kept = [row for row in found if row.row_id not in gone]
    if not erased:
        return kept
    return [row for row in kept if ledger.keyed_hash(row.row_id, key=key) not in erased]


def _events(path: Path) -> Iterator[Event]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            event: Event = json.loads(line)
            if event["kind"] in (ledger.LABEL, ledger.REVIEW):
                yield event


def _of_row(row: Row) -> VersionRow:
    when = datetime.fromtimestamp(row.time, UTC).isoformat() if row.time is not None else ""
    return VersionRow(
        text_normalization.text_id(row.text), row.text, row.label, publisher=" ".join(row.publisher.split()), time=when
    )


def counts(found: list[VersionRow]) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, Mapping[str, int]]]:
    """Rows by origin and label, and by part and label."""
    origins: dict[str, Counter[str]] = {}
    parts: dict[str, Counter[str]] = {}
    for row in found:
        origins.setdefault(row.origin, Counter())[row.label] += 1
        parts.setdefault(row.part, Counter())[row.label] += 1
    return origins, parts
