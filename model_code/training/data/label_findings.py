"""Labels that may not be meant: words for a missing value, and labels that differ only in how they are written."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from contracts.texts.label_mapping import MAX_NAME, SETTING
from contracts.texts.text_normalization import normalised

# What pandas, spreadsheets and databases write for a missing value, without case.
MISSING = frozenset(
    [
        *("nan", "-nan", "1.#qnan", "-1.#ind", "nat", "na", "<na>", "n/a", "#n/a", "#na", "none", "nil", "null", "\\n"),
        *("(null)", "[null]", "(blank)", "(empty)", "undefined", "missing", "#value!", "#ref!", "#null!", "#name?"),
        *("-", "--", "---", "\u2013", "\u2014", "?", ".", "..."),
    ]
)
LISTED = 5  # sentences of each kind
_SHOWN = 60  # characters of a label

_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{0,30})?")
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W\d_])")


def sentences(counts: Mapping[str, int], spelt: Mapping[str, int]) -> list[str]:
    """What to look at, a sentence each. counts: rows of each label. spelt: rows of each label as the file has it."""
    return [
        *_limited(_missing(counts), "More labels that look like missing values: {more:,}."),
        *_limited(_alike(counts), "More groups of labels that differ only in how they are written: {more:,}."),
        *_limited(_long(counts), "More labels that are too long: {more:,}."),
        *_spelt(spelt),
    ]


def looks_missing(label: str) -> bool:
    """Whether a label looks like a missing value."""
    return label.casefold() in MISSING


def hint(label: str, counts: Mapping[str, int]) -> str:
    """Why a label may not be meant, and what to do, for a message about it; "" if nothing is known."""
    if looks_missing(label):
        return f"it looks like a missing value, and {SETTING}.drop leaves its rows out"
    same = _folded(label)
    other = next((each for each in counts if each != label and _folded(each) == same), None)
    if other is None:
        return ""
    return f"it differs from {_quoted(other)} by {_difference([label, other])} only, and {SETTING}.merge makes them one"


def _missing(counts: Mapping[str, int]) -> Iterator[str]:
    for label in sorted(filter(looks_missing, counts)):
        yield (
            f"{_rows(counts[label])} the label {_quoted(label)}, which looks like a missing value: "
            f"{SETTING}.drop leaves such rows out."
        )


def _alike(counts: Mapping[str, int]) -> Iterator[str]:
    groups: dict[str, list[str]] = defaultdict(list)
    for label in sorted(counts):
        groups[_folded(label)].append(label)
    for labels in groups.values():
        if len(labels) > 1:
            *first, last = (f"{_quoted(label)} ({counts[label]:,} rows)" for label in labels[:LISTED])
            more = f" and {len(labels) - LISTED} more" if len(labels) > LISTED else ""
            yield (
                f"The labels {', '.join(first)} and {last}{more} differ by {_difference(labels)} only: "
                f"{SETTING}.merge makes them one."
            )


def _long(counts: Mapping[str, int]) -> Iterator[str]:
    for label in sorted(counts):
        if len(label) > MAX_NAME:
            yield (
                f"{_rows(counts[label])} the label {_quoted(label)} of {len(label)} characters; the API takes at most "
                f"{MAX_NAME} in feedback and examples: {SETTING}.rename shortens it."
            )


def _spelt(spelt: Mapping[str, int]) -> Iterator[str]:
    """One sentence about rows whose label was cleaned, with the most frequent example."""
    changed = {raw: count for raw, count in spelt.items() if normalised(raw) not in ("", raw)}
    if not changed:
        return
    example = max(sorted(changed), key=changed.__getitem__)
    kinds = sorted({_cleaned_of(raw) for raw in changed})
    rows = sum(changed.values())
    yield (
        f"{_rows(rows)} a label with {_either(kinds)}, such as {_quoted(example)} for "
        f"{_quoted(normalised(example))}: they count as the label without."
    )


def _either(kinds: list[str]) -> str:
    *first, last = kinds
    return f"{', '.join(first)} or {last}" if first else last


def _cleaned_of(raw: str) -> str:
    if " ".join(raw.split()) == normalised(raw):
        return "extra white space"
    return "HTML entities" if "&" in raw else "another Unicode form"


def _case(label: str) -> str:
    return label.casefold()


def _form(label: str) -> str:
    return unicodedata.normalize("NFKC", label)


def _space(label: str) -> str:
    return _BETWEEN_LETTERS.sub("", label)


def _number(label: str) -> str:
    return format(Decimal(label).normalize(), "f") if _NUMBER.fullmatch(label) else label


_FOLDS: dict[str, Callable[[str], str]] = {
    "Unicode form": _form,
    "case": _case,
    "spaces or hyphens": _space,
    "the way a number is written": _number,
}


def _folded(label: str, *, without: str = "") -> str:
    for name, fold in _FOLDS.items():
        if name != without:
            label = fold(label)
    return label


def _difference(labels: list[str]) -> str:
    """What makes different labels of one fold: each of the ways without which they would not be the same."""
    needed = [name for name in _FOLDS if len({_folded(label, without=name) for label in labels}) > 1]
    return " and ".join(needed) or "the way they are written"


def _limited(found: Iterator[str], rest: str) -> list[str]:
    """The first sentences, and how many more there would be."""
    everything = list(found)
    more = len(everything) - LISTED
    return [*everything[:LISTED], *([rest.format(more=more)] if more > 0 else [])]


def _rows(count: int) -> str:
    return f"{count:,} rows have" if count != 1 else "1 row has"


def _quoted(label: str) -> str:
    return repr(label if len(label) <= _SHOWN else f"{label[:_SHOWN]}…")
