"""Lengths of the texts in words and word pieces, and how many texts each max_length would cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model_code.training.data import scripts, segmentation
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.fitting import tokenizer as compact
from model_code.training.settings import Hyperparameters

CHUNK = 20_000
BINS = 40
LIMITS = (16, 24, 32, 48, 64, 96, 128, 256, 512)

Report = Callable[[int, int], None]


def measure(rows: Sequence[Row], *, base_model: Path | None, report: Report) -> dict[str, Any]:
    """Lengths of all rows and by label; `report(done, total)` is called with the rows counted.

    base_model: a folder with a pretrained model's tokenizer; without one, a word-piece tokenizer is learned from the
    rows, as the compact model does. Word pieces include the two that mark a text's beginning and end, as `max_length`
    counts them. TrainingError for a folder without a tokenizer.
    """
    texts = [row.text for row in rows]
    report(0, len(texts))
    tokenizer = _pretrained(base_model) if base_model else _compact(texts)
    unknown_id = -1 if tokenizer.unk_token_id is None else tokenizer.unk_token_id
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    pieces = np.zeros(len(texts), dtype=np.int32)
    unknown = 0
    for start in range(0, len(texts), CHUNK):
        encoded = backend.encode_batch_fast(texts[start : start + CHUNK])
        pieces[start : start + len(encoded)] = [len(each.ids) for each in encoded]
        unknown += sum(each.ids.count(unknown_id) for each in encoded)
        report(min(start + CHUNK, len(texts)), len(texts))
    words = np.array([len(segmentation.words(text)) for text in texts], dtype=np.int32)
    labels = np.array([row.label for row in rows])
    return {
        "words": _describe(words, labels),
        "pieces": _describe(pieces, labels),
        "tokenizer": {
            "name": base_model.name if base_model else "word pieces learned from these texts",
            "pretrained": base_model is not None,
            "vocabulary": len(tokenizer),
            "unknown_share": unknown / max(int(pieces.sum()), 1),
            "pieces_per_letter": int((pieces - 2).sum()) / max(scripts.letters(texts).total(), 1),
        },
        "longer_than": {str(limit): float((pieces > limit).mean()) for limit in LIMITS},
    }


def _compact(texts: Sequence[str]) -> Any:
    settings = Hyperparameters().resolved(train_rows=len(texts), unspaced=scripts.is_unspaced(texts))
    return compact.train(texts, vocab_size=settings.vocab_size)


def _pretrained(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise TrainingError(
            f"{folder} does not hold a readable tokenizer ({reason}); name a folder with a pretrained model's files"
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise TrainingError(f"{folder} has no tokenizer.json; name a folder with a pretrained model's files")
    return tokenizer


def _describe(lengths: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> dict[str, Any]:
    # The histogram ends at the 99.9th percentile: one very long text would squeeze all others into one bar.
    last = max(int(np.percentile(lengths, 99.9)), int(lengths.min()) + 1)
    width = max(-(-(last - int(lengths.min()) + 1) // BINS), 1)
    edges = np.arange(int(lengths.min()), last + width + 1, width)
    counts, _ = np.histogram(np.minimum(lengths, edges[-1] - 1), bins=edges)
    return {
        **_figures(lengths),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
        "labels": {str(label): _figures(lengths[labels == label]) for label in np.unique(labels)},
    }


def _figures(lengths: np.ndarray[Any, Any]) -> dict[str, Any]:
    median, p95, p99 = (int(np.percentile(lengths, share, method="higher")) for share in (50, 95, 99))
    return {
        "mean": round(float(lengths.mean()), 2),
        "median": median,
        "p95": p95,
        "p99": p99,
        "min": int(lengths.min()),
        "max": int(lengths.max()),
    }
