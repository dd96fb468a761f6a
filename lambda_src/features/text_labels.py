"""What the labels of a text's key say: all events of its row in the ledger. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from contracts.datasets import ledger
from contracts.datasets.ledger import Event
from contracts.features import computed
from contracts.features.values import Value


def features(events: Iterable[Event]) -> dict[str, Value]:
    """The text's features by name. Of each labeller the newest label counts, if it came with a trusted key."""
    newest: dict[tuple[str, str], str] = {}
    feedback = 0
    for event in sorted(events, key=ledger.order):
        if event.get("kind") != ledger.LABEL or "label" not in event:
            continue
        feedback += event.get("source") == ledger.FEEDBACK
        if event.get("trusted"):
            newest[event["key_id"], event.get("labeller", "")] = event["label"]
    values: dict[str, Value] = {computed.LABELLERS: len(newest), computed.TEXT_FEEDBACK: feedback}
    counts = Counter(newest.values())
    if counts:
        label = min(counts, key=lambda one: (-counts[one], one))
        values[computed.LABEL] = label
        values[computed.LABEL_SHARE] = round(counts[label] / len(newest), 4)
    return values
