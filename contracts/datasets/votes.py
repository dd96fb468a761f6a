"""The ledger's events of a row become its label, or the reason why it has none. No I/O.

The rules, in the order of `contracts.datasets.ledger.order`:

- A labeller is a key, or a person who shares one. A labeller's newest label stands, and takes the place of their own
  earlier ones; an empty one takes it back.
- Trusted labels go before others. If those that stand disagree, the row waits; if there is none, the same holds for the
  untrusted ones.
- A review settles everything before it. After it only a trusted label that disagrees makes the row wait again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from contracts.datasets import ledger
from contracts.datasets.ledger import Event

DISAGREE = "labels disagree"
NO_TEXT = "no text"
REJECTED = "left out by a review"
TAKEN_BACK = "no label: taken back, or one that data.labels leaves out"


@dataclass(frozen=True, slots=True)
class Folded:
    """A row as its events have it. label "": it has none, for the reason.

    text: as it came in, "" if no event has it. keys: the untrusted keys on whose word alone the label stands, sorted;
    () if a trusted label or a review says the same. votes: standing labels by labeller, newest last.
    """

    row_id: str
    text: str
    label: str
    reason: str
    source: str
    event_id: str
    time: str
    reviewed: bool
    keys: tuple[str, ...]
    votes: Mapping[str, str] = field(default_factory=dict)


def of_too_many(rows: Collection[Folded], *, share: float) -> set[str]:
    """The ids of rows, new or with another label than before, all of whose keys are untrusted and have given more than
    this share of these labels.

    Each row counts for each of its keys, so several keys that say the same share no larger allowance.
    """
    given = Counter(key for each in rows for key in each.keys)
    most = share * len(rows)
    return {each.row_id for each in rows if each.keys and all(given[key] > most for key in each.keys)}


def fold(row_id: str, events: Iterable[Event], *, labels: Mapping[str, str | None]) -> Folded:
    """The row of these events. labels: what becomes of a label (`LabelMapping.targets`); None: it is taken back."""
    ordered = sorted(events, key=ledger.order)
    text = next((event["text"] for event in reversed(ordered) if event.get("text")), "")
    review: Event | None = None
    standing: dict[tuple[str, str], tuple[Event, str]] = {}
    for event in ordered:
        label = labels.get(event.get("label", ""), event.get("label", "")) or ""
        if event["kind"] == ledger.REVIEW:
            review, standing = event, {}
            standing["", ""] = event, label
            continue
        who = event.get("key_id", ""), event.get("labeller", "")
        standing.pop(who, None)
        if label:
            standing[who] = event, label
    votes = {"/".join(filter(None, who)): label for who, (_, label) in standing.items()}
    if review is not None:
        return _reviewed(row_id, text, review, standing, votes)
    trusted = [vote for vote in standing.values() if vote[0].get("trusted")]
    return _decided(row_id, text, trusted or [*standing.values()], votes, trusted=bool(trusted))


def _reviewed(
    row_id: str,
    text: str,
    review: Event,
    standing: Mapping[tuple[str, str], tuple[Event, str]],
    votes: Mapping[str, str],
) -> Folded:
    label = standing["", ""][1]
    later = {given for event, given in standing.values() if event.get("trusted")} - {label}
    reason = REJECTED if not label else DISAGREE if later else ""
    return Folded(
        row_id=row_id,
        text=text,
        label="" if reason else label,
        reason=reason,
        source=review["source"],
        event_id=review["event_id"],
        time=review["time"],
        reviewed=True,
        keys=(),
        votes={who: given for who, given in votes.items() if who},
    )


def _decided(
    row_id: str, text: str, standing: list[tuple[Event, str]], votes: Mapping[str, str], *, trusted: bool
) -> Folded:
    given = {label for _, label in standing}
    newest = max((event for event, _ in standing), key=ledger.order, default=None)
    return Folded(
        row_id=row_id,
        text=text,
        label=min(given) if len(given) == 1 else "",
        reason=DISAGREE if len(given) > 1 else "" if given else TAKEN_BACK,
        source=newest["source"] if newest else "",
        event_id=newest["event_id"] if newest else "",
        time=newest["time"] if newest else "",
        reviewed=False,
        keys=() if trusted else tuple(sorted({event.get("key_id", "") for event, _ in standing})),
        votes=votes,
    )
