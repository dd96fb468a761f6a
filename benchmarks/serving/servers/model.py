"""The one model that every server serves, DistilBERT-base's shape with random weights, in the format of each.

    python -m benchmarks.serving.servers.model FOLDER [--data news/train.tsv]

It runs in a separate process, to keep the benchmark's small while it measures. FOLDER gets:
``transformers/``, which the Hugging Face pipeline and infinity load, with ``model_quantized.onnx`` for infinity's ONNX
engine; ``artifact/``, this project's own artifact, exported as a training job does, with ``code/`` for the Hugging Face
container; ``texts.json``, the headlines to send.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.training import recipes

TRANSFORMERS, ARTIFACT, TEXTS = "transformers", "artifact", "texts.json"
QUANTISED = "model_quantized.onnx"  # the name that infinity's ONNX engine looks for
MAX_LENGTH = 128
ASKED = 2000  # headlines for the load
VALIDATION, CALIBRATION = 200, 64
# The first label's bias: random weights would leave the labels to rounding, and the export holds int8 to float32's.
CERTAIN = 10.0


def build(folder: Path, *, data: Path | None, serving_deps: Path | None = None, forms: Path | None = None) -> None:
    """Write everything named above into ``folder``, made from the texts of ``data`` or of generated headlines.

    ``serving_deps``: a folder with the packages that go into ``code/``, as the training job's channel has them.
    ``forms``: a folder that gets every candidate of the export too, and static int8 as the quantiser writes it.
    """
    from model_code.training.data import distributions

    rows, labels = recipes.load(data)
    texts = [row.text for row in random.Random(recipes.SEED).sample(rows, k=min(ASKED, len(rows)))]
    words = distributions.most_frequent_words(rows)
    encoder = recipes.build(recipes.vocabulary([row.text for row in rows]), labels)
    _decided(encoder.model)
    hub = folder / TRANSFORMERS
    encoder.model.save_pretrained(hub)
    encoder.tokenizer.model_max_length = MAX_LENGTH
    encoder.tokenizer.save_pretrained(hub)
    _loadable(hub / "tokenizer_config.json")
    _export(encoder, labels, texts, words, folder / ARTIFACT, hub / QUANTISED, serving_deps=serving_deps, forms=forms)
    (folder / TEXTS).write_text(json.dumps(texts), encoding="utf-8")


def complete(folder: Path) -> bool:
    """Whether ``build`` has finished in ``folder``."""
    return (folder / TEXTS).is_file()


def read_texts(folder: Path) -> list[str]:
    """The headlines to send."""
    texts: list[str] = json.loads((folder / TEXTS).read_text(encoding="utf-8"))
    return texts


def _loadable(config: Path) -> None:
    """Name the tokenizer's class as transformers 4, which the container has, knows it."""
    content = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(content | {"tokenizer_class": "PreTrainedTokenizerFast"}), encoding="utf-8")


def _decided(model: Any) -> None:
    import torch

    with torch.no_grad():
        model.classifier.bias[0] = CERTAIN


def _export(
    encoder: Any,
    labels: Sequence[str],
    texts: Sequence[str],
    words: Sequence[str],
    artifact: Path,
    quantised: Path,
    *,
    serving_deps: Path | None,
    forms: Path | None,
) -> None:
    from model_code.serving import seen_words
    from model_code.training import package
    from model_code.training.exporting import candidates, export, onnx_graph, quantise

    with tempfile.TemporaryDirectory() as work:
        export.export(
            encoder,
            labels=labels,
            model_version="benchmark",
            max_length=MAX_LENGTH,
            texts=texts[:VALIDATION],
            calibration_texts=texts[-CALIBRATION:],
            folder=artifact,
            work=Path(work),
        )
        exact = Path(work) / "for-infinity.onnx"
        onnx_graph.write(encoder, exact, packed=False)
        quantise.dynamic(exact, quantised)
        if forms:
            forms.mkdir()
            for name in (candidates.FLOAT32, candidates.DYNAMIC, candidates.STATIC):
                shutil.move(Path(work) / f"{name}.onnx", forms)
            shutil.move(Path(work) / quantise.QDQ_FILE, forms / f"{candidates.STATIC}-qdq.onnx")
    seen_words.write(artifact, words)
    package.write_code(artifact / "code", serving_deps=serving_deps)


def main(arguments: Sequence[str]) -> int:
    """Build; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, help="labelled file; without one, generated headlines")
    parser.add_argument("--serving-deps", type=Path, help="folder with the serving packages of the container's Python")
    chosen = parser.parse_args(arguments)
    if chosen.folder.exists() and any(chosen.folder.iterdir()) and not (chosen.folder / TEXTS).is_file():
        parser.error(f"{chosen.folder} has files that are not this command's: give an empty or a new folder")
    shutil.rmtree(chosen.folder, ignore_errors=True)
    chosen.folder.mkdir(parents=True)
    build(chosen.folder, data=chosen.data, serving_deps=chosen.serving_deps)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
