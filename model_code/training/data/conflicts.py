"""One row for each text: repeated rows and rows of the same text under several labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.texts import text_normalization
from model_code.training.data.rows import Drops, Row

DUPLICATE = "exact duplicate: the same text and label as another row"
OUTVOTED = "conflicting label, outvoted: the same text has another label more often"
TIED = "conflicting label, tied: the same text has several labels equally often"
RULE = (
    "a text with several labels keeps the label that most of its rows have; the other rows are dropped, "
    "and all of them where no label has most"
)
EXAMPLES = 3


@dataclass(frozen=True)
class Resolved:
    """The rows that are kept. ``rows[i]`` has the key ``keys[i]``; keys are distinct and sorted."""

    rows: list[Row]
    keys: list[str]
    stories: list[tuple[str, ...]]  # of each text, including those of its dropped rows
    conflicts: Conflicts


@dataclass
class Conflicts:
    """Texts that had several labels."""

    texts: int = 0
    rows_dropped: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """For metadata.json."""
        return {
            "texts": self.texts,
            "rows_dropped": self.rows_dropped,
            "rule": RULE,
            "examples": self.examples,
        }


def resolve(rows: Sequence[Row], drops: Drops) -> Resolved:
    """Keep one row for each text, the first in order of content; count the others in ``drops``.

    ``row.group`` is read as the row's story.
    """
    same: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        same[text_normalization.key(row.text)].append(row)
    resolved = Resolved([], [], [], Conflicts())
    for key in sorted(same):
        kept = same[key][0] if len(same[key]) == 1 else _keep(same[key], drops, resolved.conflicts)
        if kept:
            resolved.rows.append(kept)
            resolved.keys.append(key)
            resolved.stories.append(tuple(sorted({row.group for row in same[key] if row.group})))
    return resolved


def _keep(rows: list[Row], drops: Drops, conflicts: Conflicts) -> Row | None:
    votes = Counter(row.label for row in rows)
    (label, most), *others = votes.most_common()
    tied = any(count == most for _, count in others)
    if others:
        lost = [row for row in rows if tied or row.label != label]
        for row in lost:
            drops.add(TIED if tied else OUTVOTED, row.line)
        conflicts.texts += 1
        conflicts.rows_dropped += len(lost)
        if len(conflicts.examples) < EXAMPLES:
            example = {"text": min(row.text for row in rows), "labels": dict(sorted(votes.items()))}
            conflicts.examples.append({**example, "kept": None if tied else label})
    if tied:
        return None
    kept, *repeated = sorted((row for row in rows if row.label == label), key=_content)
    for row in repeated:
        drops.add(DUPLICATE, row.line)
    return kept


def _content(row: Row) -> tuple[Any, ...]:
    return (row.text, row.group, row.publisher, row.time or 0.0, row.line)
