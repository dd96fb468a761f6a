"""Two ways to train DistilBERT-base's shape on short texts: as tutorials do it, and as this project does it.

Started by benchmarks/training/compare.py in a fresh process for each measurement: peak memory is then that recipe's
own. Last line: one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import chips

# Learned from news headlines, this size gives as many word pieces a text (16.6) as bert-base-uncased's vocabulary.
LEARNED_VOCABULARY = 8000
GENERATED_ROWS = 6000
TUTORIAL_LENGTH = 512
TUTORIAL_BATCH = 4
TUTORIAL_LEARNING_RATE = 1e-5
TUTORIAL = "tutorial"
OURS = "ours"
SEED = 13


def load(data: Path | None) -> tuple[list[Any], list[str]]:
    """Rows and the labels' names of a file, or of generated headlines without one."""
    from model_code.dataset_generator import generate_headlines
    from model_code.training.data import dataset

    with tempfile.TemporaryDirectory() as folder:
        if data is None:
            data = Path(folder) / "headlines.csv"
            generate_headlines.main(["--output", str(data), "--rows", str(GENERATED_ROWS)])
        read = dataset.load(data)
    return list(read.rows), list(read.labels)


class Clock:
    """Wall and CPU seconds (of all threads) since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        """``seconds`` and ``cpu_seconds``."""
        return {"seconds": time.perf_counter() - self._wall, "cpu_seconds": time.process_time() - self._cpu}


def vocabulary(texts: Sequence[str]) -> Any:
    """A tokenizer learned from the texts."""
    from model_code.training.fitting import tokenizer

    return tokenizer.train(texts, vocab_size=LEARNED_VOCABULARY)


def build(words: Any, labels: Sequence[str]) -> Any:
    """An Encoder of DistilBERT-base's shape with random weights around the tokenizer ``words``."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    from model_code.training.fitting import encoder, fit

    fit.prepare(SEED)
    shape = chips.distilbert_base(labels=len(labels))
    config = DistilBertConfig(
        vocab_size=shape.vocabulary,
        dim=shape.width,
        hidden_dim=shape.feed_forward,
        n_layers=shape.layers,
        n_heads=shape.heads,
        max_position_embeddings=shape.positions,
        **encoder.label_maps(labels),
    )
    return encoder.Encoder(DistilBertForSequenceClassification(config), words, "distilbert-base's shape")


def tutorial(encoder: Any, rows: Sequence[Any], labels: Sequence[str], *, device: str, warm_up: int) -> dict[str, Any]:
    """The usual tutorial's loop: every text padded to 512, batches of 4, float32, AdamW, one step after the other.

    ``warm_up`` first texts are trained on but not timed.
    """
    import torch
    from torch.utils.data import DataLoader

    position = {name: index for index, name in enumerate(labels)}

    def padded(row: Any) -> dict[str, Any]:
        inputs = encoder.tokenizer(row.text, padding="max_length", truncation=True, max_length=TUTORIAL_LENGTH)
        return {
            "input_ids": torch.tensor(inputs["input_ids"]),
            "attention_mask": torch.tensor(inputs["attention_mask"]),
            "labels": torch.tensor(position[row.label]),
        }

    model = encoder.model.to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=TUTORIAL_LEARNING_RATE)
    loader = DataLoader([padded(row) for row in rows], batch_size=TUTORIAL_BATCH, shuffle=True)
    clock, done = Clock(), 0
    for batch in loader:
        if done == warm_up:
            clock = Clock()
        optimiser.zero_grad()
        loss = model(**{name: values.to(device) for name, values in batch.items()}).loss
        loss.backward()
        optimiser.step()
        loss.item()
        done += len(batch["labels"])
    return {"texts": done - warm_up, **clock.read(), "precision": "fp32", "batch_size": TUTORIAL_BATCH}


def ours(
    fresh: Callable[[], Any], rows: Sequence[Any], labels: Sequence[str], *, warm_up: int, batch_size: int
) -> dict[str, Any]:
    """The project's own fit, first on ``warm_up`` rows, then on the others, timed from call to return.

    The time counts what a real epoch has: validation on a share of the rows and a checkpoint on disk. ``fresh`` makes
    an encoder for each of the two, as a model that accelerate has prepared once is not cast to bf16 again.
    ``batch_size`` 0 is the project's default.
    """
    from model_code.training.fitting import fit
    from model_code.training.settings import Hyperparameters

    asked = Hyperparameters(base_model="distilbert-base-uncased", epochs=1, seed=SEED)
    if batch_size:
        asked = replace(asked, batch_size=batch_size)

    def run(part: Sequence[Any]) -> tuple[dict[str, float], int, Any]:
        chosen = asked.resolved(train_rows=len(part))
        valid = part[: math.ceil(len(part) * asked.valid_fraction)]
        encoder = fresh()
        with tempfile.TemporaryDirectory() as folder:
            clock = Clock()
            fitted = fit.fit(
                encoder,
                part,
                valid=valid,
                labels=labels,
                settings=chosen,
                max_length=chosen.max_length,
                checkpoints=Path(folder),
            )
            return clock.read(), chosen.batch_size, fitted

    run(rows[:warm_up])
    spent, used, fitted = run(rows[warm_up:])
    return {
        "texts": len(rows) - warm_up,
        **spent,
        "precision": fitted.precision,
        "batch_size": used,
    }


def lengths(words: Any, rows: Sequence[Any]) -> tuple[float, float]:
    """Mean number of word pieces of a text, and mean of its square."""
    counts = [len(pieces) for pieces in words([row.text for row in rows])["input_ids"]]
    return sum(counts) / len(counts), sum(count**2 for count in counts) / len(counts)


def peak_megabytes() -> float:
    """The most memory this process has had at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def main(arguments: Sequence[str]) -> int:
    """Measure one recipe and print its figures; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=(TUTORIAL, OURS))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--texts", type=int, required=True, help="texts to time")
    parser.add_argument("--warm-up", type=int, required=True, help="texts to train on before")
    parser.add_argument("--batch-size", type=int, default=0, help="of ours; 0 is the default")
    chosen = parser.parse_args(arguments)

    import torch

    every, labels = load(chosen.data)
    words = vocabulary([row.text for row in every])
    mean, square = lengths(words, every)
    # Drawn by chance, with repetition: a sample of any size has the file's lengths.
    rows = random.Random(SEED).choices(every, k=chosen.texts + chosen.warm_up)
    if chosen.recipe == TUTORIAL:
        figures = tutorial(build(words, labels), rows, labels, device=chosen.device, warm_up=chosen.warm_up)
    else:
        figures = ours(lambda: build(words, labels), rows, labels, warm_up=chosen.warm_up, batch_size=chosen.batch_size)
    figures |= {
        "recipe": chosen.recipe,
        "texts_per_s": figures["texts"] / figures["seconds"],
        "peak_mb": round(peak_megabytes()),
        "word_pieces": mean,
        "word_pieces_squared": square,
        "labels": len(labels),
        "threads": torch.get_num_threads(),
    }
    if chosen.device == "cuda":
        figures["gpu_peak_mb"] = round(torch.cuda.max_memory_allocated() / 2**20)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
