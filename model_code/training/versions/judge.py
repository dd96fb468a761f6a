"""Which rows of the ledger a version takes, and why it does not take the others. No I/O; linear in the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contracts.datasets import manifest
from contracts.datasets.votes import DISAGREE, NO_TEXT, REJECTED, TAKEN_BACK, Folded, of_too_many
from contracts.texts import text_normalization
from model_code.training.data import groups
from model_code.training.data.rows import Row
from model_code.training.data.split import extend
from model_code.training.versions.rows import VersionRow

WAITING, QUARANTINED, LEFT_OUT = STATES = ("waiting", "quarantined", "left out")
UNKNOWN = "unknown label"
CONTRADICTS = "contradicts the dataset"
NEAR = "near duplicate under another label"
SHARE = "too many rows from one untrusted key"
JOINS = "joins rows of different parts"
STATE_OF = {
    DISAGREE: WAITING,
    NO_TEXT: WAITING,
    UNKNOWN: QUARANTINED,
    CONTRADICTS: QUARANTINED,
    NEAR: QUARANTINED,
    SHARE: QUARANTINED,
    JOINS: LEFT_OUT,
    REJECTED: LEFT_OUT,
    TAKEN_BACK: LEFT_OUT,
}


@dataclass(frozen=True)
class Pending:
    """A row of the ledger that the version does not take as its events have it. base: the version's own label."""

    folded: Folded
    reason: str
    base: str = ""

    @property
    def state(self) -> str:
        """One of STATES."""
        return STATE_OF[self.reason]


@dataclass(frozen=True)
class Shares:
    """How new groups are divided, and the largest share of the new and changed labels from one untrusted key."""

    valid: float
    test: float
    seed: int
    of_a_key: float


@dataclass
class Judged:
    """The version's rows, what is new in it, and what is not in it. erased: rows that a tombstone keeps out."""

    rows: list[VersionRow] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    new: int = 0
    relabelled: int = 0
    removed: int = 0
    erased: int = 0


def judge(
    base: Sequence[VersionRow],
    folded: Iterable[Folded],
    *,
    known_events: Collection[str],
    shares: Shares,
    more: Sequence[VersionRow] = (),
) -> Judged:
    """The next version.

    base: rows of the version before, each with its part. more: rows of a dataset that join them, whose labels win over
    those of other datasets. known_events: ids of all events of the ledger; a label whose event has expired stands.
    """
    judged = Judged()
    kept, candidates, labels = _with_more(base, more, judged)
    accepted: dict[str, Folded] = {}
    changed: dict[str, Folded] = {}
    for each in folded:
        row = kept.get(each.row_id) or candidates.get(each.row_id)
        reason = _reason(each, row, labels, known_events)
        if reason == REJECTED and row is not None:
            judged.removed += each.row_id in kept
            kept.pop(each.row_id, None)
            candidates.pop(each.row_id, None)
        if reason:
            judged.pending.append(Pending(each, reason, row.label if row else ""))
        elif row is None:
            candidates[each.row_id] = _new_row(each)
            accepted[each.row_id] = each
        elif row.label != each.label:
            changed[each.row_id] = each
    _relabel(
        changed,
        judged,
        kept,
        candidates,
        too_many=of_too_many([*accepted.values(), *changed.values()], share=shares.of_a_key),
    )
    grouped = _grouped([*kept.values(), *candidates.values()])
    torn: set[str] = set()
    for reason, gone in _filters(grouped, kept, accepted, changed, shares):
        for row_id in gone:
            candidates.pop(row_id)
            judged.pending.append(Pending(accepted.pop(row_id), reason))
            torn.add(grouped.pop(row_id))
    # What is taken out connects nothing.
    grouped |= _grouped_again(
        [row for row in (*kept.values(), *candidates.values()) if grouped[row.row_id] in torn], grouped
    )
    _divide(judged, kept, candidates, grouped, shares)
    return judged


def _relabel(
    changed: Mapping[str, Folded],
    judged: Judged,
    kept: dict[str, VersionRow],
    candidates: dict[str, VersionRow],
    *,
    too_many: Collection[str],
) -> None:
    """Give rows their new labels; too many changes of one untrusted key, also of its own labels, wait for a review."""
    for row_id, each in changed.items():
        there = kept if row_id in kept else candidates
        if row_id in too_many:
            judged.pending.append(Pending(each, SHARE, there[row_id].label))
            continue
        there[row_id] = there[row_id].labelled(each.label, origin=each.source, event_id=each.event_id, at=each.time)
        judged.relabelled += there is kept


def _with_more(
    base: Sequence[VersionRow], more: Sequence[VersionRow], judged: Judged
) -> tuple[dict[str, VersionRow], dict[str, VersionRow], set[str]]:
    """The rows that have a part, those of ``more`` that are new, and the known labels."""
    kept = {row.row_id: row for row in base}
    candidates = {}
    for row in more:
        before = kept.get(row.row_id)
        if before is None:
            candidates[row.row_id] = replace(row, part="")
        elif before.origin == manifest.ORIGIN_DATASET and before.label != row.label:
            kept[row.row_id] = before.labelled(row.label, origin=manifest.ORIGIN_DATASET, event_id="", at="")
            judged.relabelled += 1
    return kept, candidates, {row.label for row in (*base, *more)}


def _reason(each: Folded, row: VersionRow | None, labels: Collection[str], known_events: Collection[str]) -> str:
    """Why the row's events decide nothing; "" if they decide its label."""
    if each.reason:
        return each.reason
    if not (text_normalization.normalised(each.text) or row):
        return NO_TEXT
    if each.reviewed or (row is not None and row.label == each.label):
        return ""
    if each.label not in labels:
        return UNKNOWN
    if row is not None and not (row.event_id and row.event_id in known_events):
        return CONTRADICTS
    return ""


def _new_row(each: Folded) -> VersionRow:
    return VersionRow(
        each.row_id,
        text_normalization.normalised(each.text),
        each.label,
        origin=each.source,
        event_id=each.event_id,
        labelled_at=each.time,
    )


def _grouped(rows: Iterable[VersionRow]) -> dict[str, str]:
    """The group of each row: of one story, near duplicates, and what these connect."""
    ordered = sorted(rows, key=_key)
    found = groups.assign(
        [_key(row) for row in ordered],
        texts=[row.text for row in ordered],
        labels=[row.label for row in ordered],
        stories=[(row.story,) if row.story else () for row in ordered],
    )
    return dict(zip((row.row_id for row in ordered), found.names, strict=True))


def _grouped_again(rows: Iterable[VersionRow], group_of: Mapping[str, str]) -> dict[str, str]:
    """The groups of what is left of groups that lost rows."""
    ordered = sorted(rows, key=_key)
    if not ordered:
        return {}
    names = groups.again(
        [group_of[row.row_id] for row in ordered],
        [_key(row) for row in ordered],
        stories=[(row.story,) if row.story else () for row in ordered],
    )
    return dict(zip((row.row_id for row in ordered), names, strict=True))


def _key(row: VersionRow) -> str:
    return text_normalization.key(row.text)


def _filters(
    group_of: Mapping[str, str],
    kept: Mapping[str, VersionRow],
    accepted: Mapping[str, Folded],
    changed: Mapping[str, Folded],
    shares: Shares,
) -> Iterable[tuple[str, list[str]]]:
    """The ledger's new rows that are taken out again, by reason, one reason after the other."""
    there: dict[str, set[str]] = defaultdict(set)
    for row in kept.values():
        there[group_of[row.row_id]].add(row.label)
    among_new: dict[str, set[str]] = defaultdict(set)
    for row_id, each in accepted.items():
        among_new[group_of[row_id]].add(each.label)
    yield (
        NEAR,
        [
            row_id
            for row_id, each in accepted.items()
            if not each.reviewed and _is_odd(each.label, there[group_of[row_id]], among_new[group_of[row_id]])
        ],
    )
    too_many = of_too_many([*accepted.values(), *changed.values()], share=shares.of_a_key)
    yield SHARE, sorted(too_many & accepted.keys())


def _is_odd(label: str, there: Collection[str], among_new: Collection[str]) -> bool:
    """Whether no row of the group that was there has the label or, without such rows, the new ones disagree."""
    return label not in there if there else len(among_new) > 1


def _divide(
    judged: Judged,
    kept: Mapping[str, VersionRow],
    candidates: Mapping[str, VersionRow],
    group_of: Mapping[str, str],
    shares: Shares,
) -> None:
    """Give each new row its part: that of its group or, of a new group, by the shares."""
    parts: dict[str, set[str]] = defaultdict(set)
    already: dict[str, Counter[str]] = {part: Counter() for part in manifest.PARTS}
    for row in kept.values():
        parts[group_of[row.row_id]].add(row.part)
        already[row.part][row.label] += 1
    sizes = Counter(group_of[row_id] for row_id in (*kept, *candidates))
    judged.rows += kept.values()
    free: dict[str, VersionRow] = {}
    for row_id, candidate in candidates.items():
        group = group_of[row_id]
        row = replace(candidate, story=candidate.story or (group if sizes[group] > 1 else ""))
        if len(parts[group]) > 1:
            judged.pending.append(Pending(_as_folded(row), JOINS))
        elif parts[group]:
            [part] = parts[group]
            already[part][row.label] += 1
            judged.rows.append(replace(row, part=part))
        else:
            free[row.text] = row
    judged.new = len(candidates) - sum(each.reason == JOINS for each in judged.pending)
    taken = extend(
        [Row(row.text, row.label, 0, group_of[row.row_id]) for row in free.values()],
        already,
        valid_fraction=shares.valid,
        test_fraction=shares.test,
        seed=shares.seed,
    )
    for part in manifest.PARTS:
        judged.rows += [replace(free[row.text], part=part) for row in getattr(taken, part)]


def _as_folded(row: VersionRow) -> Folded:
    return Folded(
        row.row_id, row.text, row.label, JOINS, row.origin, row.event_id, row.labelled_at, reviewed=False, keys=()
    )
