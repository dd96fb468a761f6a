"""The texts' publishers, and how well the publisher predicts the label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from model_code.training.data.rows import Row

SHOWN = 15
MIN_ROWS = 20  # with fewer rows, a majority label means nothing


def count(rows: Sequence[Row], labels: Sequence[str]) -> dict[str, Any] | None:
    """Publishers by rows with their labels; None if the dataset has none.

    `majority_share`: of the rows whose publisher has at least MIN_ROWS, how many have their publisher's most
    frequent label; `label_share`: how many of the same rows have the most frequent label overall.
    """
    by_publisher: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.publisher:
            by_publisher[row.publisher][row.label] += 1
    if not by_publisher:
        return None
    ranked = sorted(by_publisher.items(), key=lambda item: (-item[1].total(), item[0]))
    large = [counts for _, counts in ranked if counts.total() >= MIN_ROWS]
    seen: Counter[str] = sum(large, Counter())
    named = sum(counts.total() for _, counts in ranked)
    return {
        "count": len(ranked),
        "rows_without": len(rows) - named,
        "top": [
            {"publisher": name, "rows": counts.total(), "labels": {label: counts[label] for label in labels}}
            for name, counts in ranked[:SHOWN]
        ],
        "top_share": sum(counts.total() for _, counts in ranked[:SHOWN]) / named,
        "large": len(large),
        "majority_share": sum(max(each.values()) for each in large) / seen.total() if large else None,
        "label_share": max(seen.values()) / seen.total() if large else None,
    }
