"""The words and pairs of words that distinguish a class from the others.

Each term's log-odds in the class against all others, with the whole dataset's frequencies as an informative Dirichlet
prior, over its standard deviation (Monroe, Colaresi and Quinn 2008): a z-score that does not favour rare words.
Everyday words that are only slightly more frequent in one class are excluded by a minimum odds ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import regex
from sklearn.feature_extraction.text import CountVectorizer

from model_code.training.data import scripts, segmentation
from model_code.training.data.rows import Row

Array = np.ndarray[Any, Any]
METHOD = (
    "log-odds with an informative Dirichlet prior, z-score, of words and pairs of words (of characters, where a script "
    "has no spaces) with at least 3 times the odds"
)
# The prior's weight in words; at most this share of all words.
PRIOR, PRIOR_SHARE = 500.0, 0.05
MIN_TEXTS = 5
MAX_TERMS = 60_000
SIGNIFICANT = 1.96
MIN_ODDS_RATIO = 3.0
_WHOLE_WORD = regex.compile(rf"[{scripts.DENSE}]")  # one such character can be a word


def distinctive(rows: Sequence[Row], labels: Sequence[str], *, count: int) -> dict[str, Any]:
    """The `count` most distinctive terms of each label, in how many texts they are, and the method."""
    vectorizer = CountVectorizer(
        analyzer=_terms,
        binary=True,
        min_df=min(MIN_TEXTS, max(len(rows) // 20, 1)),
        max_features=MAX_TERMS,
        dtype=np.int32,
    )
    try:
        matrix = vectorizer.fit_transform(row.text for row in rows)
    except ValueError:  # no term is in enough texts
        return {"method": METHOD, "min_texts": MIN_TEXTS, "labels": {label: [] for label in labels}}
    position = {label: index for index, label in enumerate(labels)}
    truth = np.array([position[row.label] for row in rows])
    counts = np.stack([np.asarray(matrix[truth == index].sum(axis=0)).ravel() for index in range(len(labels))])
    scores, odds = log_odds(counts)
    scores[odds < np.log(MIN_ODDS_RATIO)] = 0
    names = vectorizer.get_feature_names_out()
    return {
        "method": METHOD,
        "min_texts": MIN_TEXTS,
        "labels": {label: _best(scores[index], counts, index, names, count=count) for label, index in position.items()},
    }


def _terms(text: str) -> list[str]:
    """The text's terms in lower case; a single letter of an alphabet is none."""
    return [term for term in segmentation.terms(text.lower()) if len(term) > 1 or _WHOLE_WORD.match(term)]


def log_odds(counts: Array) -> tuple[Array, Array]:
    """z-scores and log-odds ratios, each (labels, terms), of counts (labels, terms): a label against all the others."""
    total = counts.sum(axis=0)
    alpha = min(PRIOR, PRIOR_SHARE * total.sum()) * total / total.sum()
    inside, outside = counts + alpha, (total - counts) + alpha
    inside_all, outside_all = inside.sum(axis=1, keepdims=True), outside.sum(axis=1, keepdims=True)
    difference = np.log(inside / (inside_all - inside)) - np.log(outside / (outside_all - outside))
    return difference / np.sqrt(1 / inside + 1 / outside), difference


def _best(scores: Array, counts: Array, index: int, names: Array, *, count: int) -> list[dict[str, Any]]:
    """The highest scores; a word is shown once, alone or in a pair, whichever scores higher."""
    chosen: list[dict[str, Any]] = []
    used: set[str] = set()
    # Of characters that are always together, the longer term says more.
    lengths = np.array([0 if " " in name else len(name) for name in names])
    for term in np.lexsort((names, -lengths, -scores)):
        if len(chosen) == count or scores[term] < SIGNIFICANT:
            break
        words = set(segmentation.words(str(names[term])))
        if words & used:
            continue
        used |= words
        texts, total = int(counts[index, term]), int(counts[:, term].sum())
        chosen.append(
            {"term": str(names[term]), "score": round(float(scores[term]), 2), "texts": texts, "share": texts / total}
        )
    return chosen
