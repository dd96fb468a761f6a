"""A linear model's terms and weights, and the artifact's file that holds them (``linear.npz``).

Training writes the file, the serving containers read it. It is a plain archive of arrays: nothing in it is code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = 1
MAX_TERMS = 600_000  # words and pieces together
MAX_NUMBERS = 64_000_000  # terms times labels: 128 MB

Array = np.ndarray[Any, Any]


class LinearError(Exception):
    """The file is not one of ours, or its parts do not fit together; the message says what is wrong."""


@dataclass(frozen=True)
class Block:
    """Terms of one kind. ``idf`` float32 (terms): their weight; ``coefficients`` float16 (terms, labels)."""

    terms: tuple[str, ...]
    idf: Array
    coefficients: Array

    def check(self, name: str, *, labels: int) -> None:
        """LinearError unless the parts fit together and are finite."""
        _expect(f"{name}.idf", self.idf, (len(self.terms),), np.float32)
        _expect(f"{name}.coefficients", self.coefficients, (len(self.terms), labels), np.float16)
        if len(set(self.terms)) != len(self.terms) or "" in self.terms:
            raise LinearError(f"{name} has a term twice, or an empty one")


@dataclass(frozen=True)
class Weights:
    """A whole model. Its logits are scaled so that their softmax is the answer.

    ``bias`` float64 (labels). ``encoder_scale``: by which an encoder's logits are multiplied before this model's are
    added; 0 in an artifact without an encoder.
    """

    words: Block
    pieces: Block
    bias: Array
    encoder_scale: float = 0.0

    def check(self) -> None:
        """LinearError for sizes beyond the limits, parts that do not fit together, or values that are not finite."""
        labels, terms = len(self.bias) if self.bias.ndim == 1 else 0, len(self.words.terms) + len(self.pieces.terms)
        if labels < 2 or not terms:
            raise LinearError("labels or terms are missing")
        if terms > MAX_TERMS or terms * labels > MAX_NUMBERS:
            raise LinearError(f"{terms} terms of {labels} labels are too many")
        if not 0 <= self.encoder_scale < math.inf:
            raise LinearError(f"the encoder's scale is {self.encoder_scale}; it must be a finite number from 0 up")
        _expect("bias", self.bias, (labels,), np.float64)
        self.words.check("words", labels=labels)
        self.pieces.check("pieces", labels=labels)


def save(weights: Weights, path: Path) -> None:
    """Write the file."""
    with path.open("wb") as file:
        np.savez(file, **_entries(weights))


def read(path: Path) -> Weights:
    """The file's weights, checked. LinearError for a newer format and any broken file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if int(file["format"]) != FORMAT:
                raise LinearError(f"has format {int(file['format'])}; this version reads {FORMAT}")
            weights = Weights(
                words=_block(file, "words"),
                pieces=_block(file, "pieces"),
                bias=file["bias"],
                encoder_scale=float(file["encoder_scale"]),
            )
        weights.check()
    except LinearError as error:
        raise LinearError(f"{path} {error}") from error
    # For a broken archive or header, zipfile and numpy raise nearly anything, from TokenError to MemoryError.
    except Exception as error:
        raise LinearError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    return weights


def _entries(weights: Weights) -> dict[str, Any]:
    entries: dict[str, Any] = {
        "format": np.int32(FORMAT),
        "encoder_scale": np.float64(weights.encoder_scale),
        "bias": weights.bias,
    }
    for name, block in (("words", weights.words), ("pieces", weights.pieces)):
        entries[f"{name}.terms"] = _packed(block.terms)
        entries[f"{name}.idf"], entries[f"{name}.coefficients"] = block.idf, block.coefficients
    return entries


def _block(file: Any, name: str) -> Block:
    return Block(
        terms=_unpacked(file[f"{name}.terms"]),
        idf=np.ascontiguousarray(file[f"{name}.idf"]),
        coefficients=np.ascontiguousarray(file[f"{name}.coefficients"]),
    )


def _packed(terms: Sequence[str]) -> Array:
    """UTF-8, a line for each term: white space other than a space is in none."""
    return np.frombuffer("\n".join(terms).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _unpacked(lines: Array) -> tuple[str, ...]:
    text = lines.tobytes().decode("utf-8", "surrogatepass")
    return tuple(text.split("\n")) if text else ()


def _expect(name: str, array: Array, shape: tuple[int, ...], kind: Any) -> None:
    if array.shape != shape or array.dtype != kind:
        raise LinearError(f"{name} is {array.dtype} of {array.shape} but should be {np.dtype(kind)} of {shape}")
    if not np.isfinite(array).all():
        raise LinearError(f"{name} has values that are not finite")
