"""Groups of texts that must stay together: those of one story, near duplicates, and what these connect."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from model_code.training.data import duplicates
from model_code.training.data.duplicates import Integers

# A chain of near duplicates can link texts that are not similar at all. A chain with more than a tenth of the texts,
# or with more than half of a label's, is cut by a stricter threshold.
STRICTER_THRESHOLDS = (0.75, 0.9)
LARGEST_SHARE = 0.1
LARGEST_SHARE_OF_A_LABEL = 0.5
MAX_UNCUT_TEXTS = 5
EXAMPLES = 3


@dataclass(frozen=True)
class Groups:
    """``names[i]``: equal for texts that stay together. ``near_names[i]``: equal for near duplicates, "" for a text
    without any. ``near``: the near duplicates' part of metadata.json.
    """

    names: list[str]
    near_names: list[str]
    near: dict[str, Any]
    stories: int


def assign(
    keys: Sequence[str], *, texts: Sequence[str], labels: Sequence[str], stories: Sequence[Sequence[str]]
) -> Groups:
    """Groups of texts whose ``keys`` are distinct and sorted; ``stories[i]``: the stories of text i."""
    known = sorted({story for each in stories for story in each})
    number = {story: len(keys) + position for position, story in enumerate(known)}
    fixed = _pairs([(position, number[story]) for position, each in enumerate(stories) for story in each])
    nodes = len(keys) + len(known)
    _, label_of = np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)
    apart = duplicates.components(nodes, fixed)
    near = duplicates.links(keys, threshold=duplicates.THRESHOLD)
    component = duplicates.components(nodes, np.concatenate([near, fixed]))[: len(keys)]
    cut = np.zeros(len(keys), dtype=bool)
    for threshold in STRICTER_THRESHOLDS:
        chained = np.isin(component, component[near[apart[near[:, 0]] != apart[near[:, 1]], 0]])
        too_large = np.nonzero(_too_large(component, label_of)[component] & chained)[0]
        cut[too_large] = True
        inside = np.isin(near[:, 0], too_large) & (apart[near[:, 0]] != apart[near[:, 1]])
        again = duplicates.links([keys[position] for position in too_large.tolist()], threshold=threshold)
        near = np.concatenate([near[~inside], too_large[again]])
        component = duplicates.components(nodes, np.concatenate([near, fixed]))[: len(keys)]
    linked = duplicates.components(len(keys), near)
    described = _describe(near, linked, keys, texts, int(cut.sum()))
    return Groups(_names(component, keys), _near_names(linked, keys), described, len(known))


def again(names: Sequence[str], keys: Sequence[str], *, stories: Sequence[Sequence[str]]) -> list[str]:
    """The groups' names where some texts of these groups were taken out: those that only they connected are apart.

    names: of the groups that `assign` gave; texts of two of them stay apart.
    """
    known = sorted({(name, story) for name, each in zip(names, stories, strict=True) for story in each})
    number = {story: len(keys) + position for position, story in enumerate(known)}
    fixed = _pairs([(at, number[names[at], story]) for at, each in enumerate(stories) for story in each])
    near = duplicates.links(keys, threshold=duplicates.THRESHOLD)
    _, group = np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)
    inside = near[group[near[:, 0]] == group[near[:, 1]]]
    component = duplicates.components(len(keys) + len(known), np.concatenate([inside, fixed]))[: len(keys)]
    return _names(component, keys)


def _pairs(pairs: list[tuple[int, int]]) -> Integers:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _too_large(component: Integers, label_of: Integers) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """For each component, whether its chains are to be cut."""
    sizes = np.bincount(component)
    of_label = np.bincount(label_of)
    cells, counts = np.unique(component * len(of_label) + label_of, return_counts=True)
    most_of_a_label = np.zeros(len(sizes), dtype=bool)
    most_of_a_label[cells[counts > LARGEST_SHARE_OF_A_LABEL * of_label[cells % len(of_label)]] // len(of_label)] = True
    large = (sizes > LARGEST_SHARE * len(component)) | most_of_a_label
    return np.asarray(large & (sizes > MAX_UNCUT_TEXTS))


def _names(component: Integers, keys: Sequence[str]) -> list[str]:
    """The group's name for each text, a hash of the group's first text."""
    name: dict[int, str] = {}
    for position, each in enumerate(component.tolist()):
        if each not in name:
            name[each] = hashlib.blake2b(keys[position].encode(), digest_size=8).hexdigest()
    return [name[each] for each in component.tolist()]


def _near_names(component: Integers, keys: Sequence[str]) -> list[str]:
    names = [""] * len(keys)
    shared = np.nonzero(np.bincount(component, minlength=1)[component] > 1)[0].tolist()
    for position, name in zip(shared, _names(component[shared], [keys[each] for each in shared]), strict=True):
        names[position] = name
    return names


def _describe(
    near: Integers, component: Integers, keys: Sequence[str], texts: Sequence[str], cut: int
) -> dict[str, Any]:
    sizes = np.bincount(component, minlength=1)
    shown: dict[int, list[str]] = {}
    order = sorted(near.tolist(), key=lambda pair: hashlib.blake2b(keys[pair[0]].encode(), digest_size=8).digest())
    for first, second in order:
        if len(shown) == EXAMPLES:
            break
        shown.setdefault(int(component[first]), [texts[first], texts[second]])
    return {
        "groups": int((sizes > 1).sum()),
        "rows": int(sizes[sizes > 1].sum()),
        "largest": int(sizes.max()),
        "threshold": duplicates.THRESHOLD,
        "rows_in_cut_chains": cut,
        "examples": list(shown.values()),
    }
