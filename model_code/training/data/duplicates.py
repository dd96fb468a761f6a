"""Near duplicates: groups of texts that share most of their character sequences.

Texts are compared by the Jaccard similarity of their sets of SHINGLE consecutive characters (letters with their marks
and digits only, lower case, each ideograph, kana or Hangul twice). MinHash with banding (Broder 1997; Indyk and Motwani
1998) proposes pairs, each pair's similarity is then computed, and linked pairs grow into groups. Nothing is random: the
hash functions are fixed and texts are taken in their own order, so the same texts in any order give the same groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from contracts.texts import text_normalization
from model_code.training.data import segmentation

Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Hashes: TypeAlias = np.ndarray[Any, np.dtype[np.uint32]]

THRESHOLD = 0.6  # docs/data.md says how it was chosen
SHINGLE = 4
# A pair of similarity 0.6 is proposed with probability 1 - (1 - 0.6**4)**30 = 0.984, one of 0.7 with 0.9997.
BANDS = 30
BAND_HASHES = 4
NEIGHBOURS = 8  # of each text in a bucket are compared with it, which keeps large buckets linear
LETTERS = 1000  # of a text are compared; the model reads fewer
TEXTS_AT_ONCE = 512  # their hashes fit into the processor's cache
PAIRS_AT_ONCE = 100_000

COLUMNS = 2**31 - 1  # the most that scipy's 32-bit column numbers allow

_MIX = np.uint64(0x9E3779B97F4A7C15)


def words(normalised: str) -> str:
    """What is ``spoken`` of the text, in lower case; the text's key if that is nothing (``!!!``)."""
    key = text_normalization.key(normalised)
    return segmentation.spoken(key) or key


def links(texts: Sequence[str], *, threshold: float) -> Integers:
    """Pairs of positions of similar texts, shape (pairs, 2): enough of them to connect each group.

    ``texts`` must be distinct and sorted. Every pair has at least ``threshold`` Jaccard similarity.
    """
    linked: list[Integers] = [np.empty((0, 2), dtype=np.int64)]
    if len(texts) < 2:
        return linked[0]
    shingles = _shingles(texts)
    component = np.arange(len(texts))
    for keys in _band_keys(shingles):
        pairs = np.stack(np.divmod(_candidates(keys, component), len(texts)), axis=1)
        alike = pairs[_similarity(shingles, pairs, at_least=threshold) >= threshold]
        if len(alike):
            linked.append(alike)
            component = components(len(texts), np.concatenate(linked))
    return np.concatenate(linked)


def components(count: int, pairs: Integers) -> Integers:
    """The connected component, numbered from 0, of each of ``count`` nodes; ``pairs`` has shape (pairs, 2)."""
    graph = sparse.coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], dtype=np.int64)


def _shingles(texts: Sequence[str]) -> sparse.csr_array:
    """Each text's set of hashed shingles as a row of ones, columns sorted."""
    parts = [_hashed(texts[start : start + TEXTS_AT_ONCE]) for start in range(0, len(texts), TEXTS_AT_ONCE)]
    columns = np.concatenate([hashes for hashes, _ in parts])
    ends = np.cumsum(np.concatenate([counts for _, counts in parts]))
    offsets = np.concatenate([[0], ends]).astype(np.int64)
    ones = np.ones(len(columns), dtype=np.int8)
    return sparse.csr_array((ones, columns.astype(np.int32), offsets), shape=(len(texts), COLUMNS))


def _hashed(texts: Sequence[str]) -> tuple[Hashes, Integers]:
    """Distinct 31-bit shingle hashes of all texts, one text after the other, and how many each has."""
    padded = [f" {words(text[:LETTERS])} ".ljust(SHINGLE) for text in texts]
    letters = np.frombuffer("".join(padded).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    lengths = np.array([len(text) for text in padded], dtype=np.int64)
    windows = len(letters) - SHINGLE + 1
    value = np.zeros(windows, dtype=np.uint64)
    for place in range(SHINGLE):
        value = (value ^ letters[place : place + windows]) * _MIX
        value ^= value >> np.uint64(29)
    owner = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths)
    inside = owner[:windows] == owner[SHINGLE - 1 :]
    columns = np.minimum(value[inside] >> np.uint64(33), np.uint64(COLUMNS - 1))
    every = np.sort((owner[:windows][inside] << np.uint64(31)) | columns)
    distinct = every[np.concatenate([[True], every[1:] != every[:-1]])]
    counts = np.bincount((distinct >> np.uint64(31)).astype(np.int64), minlength=len(texts))
    return (distinct & np.uint64(2**31 - 1)).astype(np.uint32), counts.astype(np.int64)


def _band_keys(shingles: sparse.csr_array) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Numbers of shape (BANDS, texts); two texts share one when their BAND_HASHES smallest hashes agree."""
    chance = np.random.Generator(np.random.PCG64(0))
    # Multiplication by an odd number permutes the 32-bit numbers.
    factors = chance.integers(2**32, size=(BANDS, BAND_HASHES), dtype=np.uint32) | np.uint32(1)
    masks = chance.integers(2**32, size=(BANDS, BAND_HASHES), dtype=np.uint32)
    keys = np.zeros((BANDS, shingles.shape[0]), dtype=np.uint64)
    for start in range(0, shingles.shape[0], TEXTS_AT_ONCE):
        ends = shingles.indptr[start : start + TEXTS_AT_ONCE + 1]
        hashes = shingles.indices[ends[0] : ends[-1]].astype(np.uint32)
        starts = ends[:-1] - ends[0]
        for band in range(BANDS):
            key = keys[band, start : start + TEXTS_AT_ONCE]
            for factor, mask in zip(factors[band], masks[band], strict=True):
                smallest = np.minimum.reduceat((hashes ^ mask) * factor, starts)
                key[:] = (key ^ smallest) * _MIX
                key ^= key >> np.uint64(29)
    return keys


def _candidates(keys: np.ndarray[Any, np.dtype[np.uint64]], component: Integers) -> Integers:
    """Pairs of positions with the same key that are not connected yet, each as ``smaller * texts + larger``."""
    bits = np.uint64(len(keys).bit_length())
    # The position in the low bits: a plain sort, many times faster than a stable one, puts equal keys in text order.
    packed = np.sort((keys << bits) | np.arange(len(keys), dtype=np.uint64))
    ordered = packed >> bits
    order = (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    pairs = []
    for step in range(1, NEIGHBOURS + 1):
        same = ordered[step:] == ordered[:-step]
        first, second = order[:-step][same], order[step:][same]
        apart = component[first] != component[second]
        pairs.append(first[apart] * len(keys) + second[apart])
    return np.concatenate(pairs)


def _similarity(
    shingles: sparse.csr_array, pairs: Integers, *, at_least: float
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Jaccard similarity of each pair, shape (pairs,); 0 where the sets' sizes alone keep it below ``at_least``."""
    sizes = np.diff(shingles.indptr)
    pair_sizes = sizes[pairs]
    near = np.nonzero(pair_sizes.min(axis=1) >= at_least * pair_sizes.max(axis=1))[0]
    similarity = np.zeros(len(pairs))
    for start in range(0, len(near), PAIRS_AT_ONCE):
        chosen = near[start : start + PAIRS_AT_ONCE]
        first, second = pairs[chosen].T
        shared = np.diff(shingles[first].multiply(shingles[second]).tocsr().indptr)
        similarity[chosen] = shared / (sizes[first] + sizes[second] - shared)
    return similarity
