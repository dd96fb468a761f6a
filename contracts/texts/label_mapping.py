"""What becomes of a dataset's labels before training: some get another name, some become one, some are left out.

The setting `data.labels` is one; the deploy uploads it as a JSON file, which the training job reads from a channel.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.texts.text_normalization import normalised

SETTING = "data.labels"
CHANNEL = "labels"
DIGEST = "labels_sha256"  # the hyperparameter with the file's digest
MAX_NAME = 100  # characters of a label in the API's contract, as in feedback and examples


@dataclass(frozen=True)
class Fault:
    """What is wrong in a mapping: the key below the setting, the label, and a sentence about it."""

    key: tuple[str, ...]
    label: str
    why: str


@dataclass(frozen=True, kw_only=True)
class LabelMapping:
    """Labels by name, normalised as the labels of a dataset are. Use `fault` before anything else.

    rename: old name -> new name, which no other label has. merge: name -> labels that become it. drop: labels whose
    rows are left out.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    merge: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drop: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> LabelMapping:
        """From the setting or its JSON. Raises ValueError for another form, and names that normalise to one."""
        rename, merge, drop = (document.get(name) or empty for name, empty in _EMPTY.items())
        if set(document) - set(_EMPTY):
            raise ValueError(f"{SETTING} has only {', '.join(_EMPTY)}")
        return cls(
            rename=_distinct("rename", [(normalised(old), normalised(new)) for old, new in rename.items()]),
            merge=_distinct(
                "merge", [(normalised(name), tuple(map(normalised, labels))) for name, labels in merge.items()]
            ),
            drop=tuple(map(normalised, drop)),
        )

    def __bool__(self) -> bool:
        return bool(self.rename or self.merge or self.drop)

    def document(self) -> dict[str, Any]:
        """The mapping as JSON-ready values, in an order that does not depend on the setting's."""
        return {
            "rename": dict(sorted(self.rename.items())),
            "merge": {name: sorted(labels) for name, labels in sorted(self.merge.items())},
            "drop": sorted(self.drop),
        }

    def to_json(self) -> str:
        """The file's content: equal mappings have equal bytes."""
        return json.dumps(self.document(), ensure_ascii=False, indent=1) + "\n"

    @property
    def sha256(self) -> str:
        """The digest of `to_json`, in hex; "" for a mapping that changes nothing."""
        return hashlib.sha256(self.to_json().encode()).hexdigest() if self else ""

    def targets(self) -> dict[str, str | None]:
        """What each label that changes becomes; None: its rows are left out."""
        merged = {label: name for name, labels in self.merge.items() for label in labels if label != name}
        return {**self.rename, **merged, **dict.fromkeys(self.drop)}

    def named(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every label that the dataset must have, with its key; a merge may name its own."""
        yield from ((("rename", old), old) for old in self.rename)
        yield from ((("merge", name), label) for name, labels in self.merge.items() for label in labels)
        yield from ((("drop",), label) for label in self.drop)

    def fault(self) -> Fault | None:
        """The first thing that cannot be meant, whatever the dataset: None if there is nothing."""
        return next(self._faults(), None)

    def _faults(self) -> Iterator[Fault]:
        yield from self._unnamed()
        yield from self._idle()
        yield from self._twice()
        yield from self._clashes()
        yield from self._chains()

    def _unnamed(self) -> Iterator[Fault]:
        for key, label in self.named():
            if not label:
                yield Fault(key[:1], label, "a label has a name; rows without a label are left out anyway")
        for key, label in (*((("rename", old), new) for old, new in self.rename.items()), *_names(self.merge)):
            if not label:
                yield Fault(key, label, "a label needs a name; data.labels.drop leaves rows out")
            if len(label) > MAX_NAME:
                yield Fault(key, f"{label[:40]}…", f"use a name of at most {MAX_NAME} characters, as the API does")

    def _idle(self) -> Iterator[Fault]:
        for old, new in self.rename.items():
            if old == new:
                yield Fault(("rename", old), new, "this is its name already")
        for name, labels in self.merge.items():
            if not set(labels) - {name}:
                yield Fault(("merge", name), name, "it needs a list with at least one other label")

    def _twice(self) -> Iterator[Fault]:
        seen: dict[str, tuple[str, ...]] = {}
        for key, label in self.named():
            if label in seen:
                yield Fault(key, label, f"{SETTING}.{seen[label][0]} has this label already; name each label once")
            seen[label] = key

    def _clashes(self) -> Iterator[Fault]:
        seen: dict[str, str] = {}
        for old, new in self.rename.items():
            if new in seen or new in self.merge:
                other = seen.get(new, f"the label {new!r} of {SETTING}.merge")
                yield Fault(("rename", old), new, f"{other} gets this name too; to make them one use {SETTING}.merge")
            seen[new] = repr(old)

    def _chains(self) -> Iterator[Fault]:
        moved = self.targets()
        for key, label in (*((("rename", old), new) for old, new in self.rename.items()), *_names(self.merge)):
            if label in moved:
                then = moved[label]
                next_step = "is left out" if then is None else f"becomes {then!r}"
                yield Fault(key, label, f"this label in turn {next_step}; write what becomes of each label in the end")


_EMPTY: dict[str, Any] = {"rename": {}, "merge": {}, "drop": ()}


def _names(merge: Mapping[str, Sequence[str]]) -> Iterator[tuple[tuple[str, ...], str]]:
    yield from ((("merge", name), name) for name in merge)


def _distinct(key: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{SETTING}.{key} has {name!r} twice")
    return dict(pairs)
