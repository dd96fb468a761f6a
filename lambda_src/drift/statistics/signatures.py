"""Signatures of texts: near duplicates agree in at least one of the numbers, other texts hardly ever do.

Texts are compared as training compares them, by the Jaccard similarity of their sets of SHINGLE consecutive characters,
but with the words that drift counts. In each of two passes, one hash of each shingle falls into one of BUCKETS buckets,
of which the smallest is kept ("one permutation hashing", Li, Owen and Zhang 2012); BAND_HASHES buckets make a band, and
each band one number. Of two texts with similarity 0.6, 0.7 and 0.8, about 67, 89 and 98 % are found.
"""

from __future__ import annotations

import zlib

from contracts.texts.words import words
from lambda_src.drift.statistics.observation import Signature

SHINGLE = 4
BUCKETS = 16
BAND_HASHES = 4
LETTERS = 1000  # of a text are compared
_FEWEST = 2 * BUCKETS  # shingles; with fewer, many buckets are empty, and only equal texts are found
_LAST = 0xFFFFFFFF
_MIX = 0x9E3779B1


def of_text(text: str) -> Signature:
    """Numbers of 32 bits, of a normalised text."""
    letters = f" {' '.join(words(text[:LETTERS])) or text[:LETTERS]} "
    shingles = {letters[start : start + SHINGLE] for start in range(len(letters) - SHINGLE + 1)}
    if len(shingles) < _FEWEST:
        return (zlib.crc32(letters.encode("utf-8", "surrogatepass")),)
    first, second = [_LAST] * BUCKETS, [_LAST] * BUCKETS
    for shingle in shingles:
        number = zlib.crc32(shingle.encode("utf-8", "surrogatepass"))
        first[number % BUCKETS] = min(first[number % BUCKETS], number)
        mixed = (number ^ number >> 15) * _MIX & _LAST
        bucket = mixed >> 16 & BUCKETS - 1
        second[bucket] = min(second[bucket], mixed)
    smallest = first + second
    return tuple(
        zlib.crc32(b"".join(each.to_bytes(4) for each in smallest[band : band + BAND_HASHES]))
        for band in range(0, len(smallest), BAND_HASHES)
    )


def of_hash(sha256: str) -> Signature:
    """One number, of a text's SHA-256 in hex: where texts are logged as hashes, only equal texts are found."""
    return (int(sha256[:8], 16),)
