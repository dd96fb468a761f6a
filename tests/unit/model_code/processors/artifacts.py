"""Makes artifacts of every int8 form: `python artifacts.py FOLDER`, under .venv-model's Python.

Of one small encoder, each with its reference answers, for tests/long/test_processors.py.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[4])

import torch  # noqa: E402 - found by the path set above
from transformers import DistilBertConfig, DistilBertForSequenceClassification  # noqa: E402

from contracts.models import artifact  # noqa: E402
from model_code.serving import manifest  # noqa: E402
from model_code.serving.engines.native import weights  # noqa: E402
from model_code.training.exporting import candidates, encoder_weights, export, native, references  # noqa: E402
from model_code.training.fitting import tokenizer  # noqa: E402
from model_code.training.fitting.encoder import Encoder, label_maps  # noqa: E402

LABELS = ["Business", "Health", "Science", "Sport"]
TEXTS = [
    f"{who} {what} {where} {when}"
    for who in ("shares", "films", "phone makers", "hospitals", "the oldest bank")
    for what in ("rise", "fall", "open to good reviews", "report on trade")
    for where in ("here", "in the north", "in every city of the country")
    for when in ("today", "again", "next year")
]
# The ONNX file of each engine.
FORMS = {
    candidates.DYNAMIC: candidates.DYNAMIC,
    candidates.STATIC: candidates.STATIC,
    native.NATIVE: candidates.STATIC,
}


def encoder() -> Encoder:
    """An encoder with random weights, whose answers differ well between texts; wide enough for products to clip."""
    words = tokenizer.train(TEXTS, vocab_size=200)
    torch.manual_seed(5)
    sizes = {"dim": 128, "hidden_dim": 256, "n_layers": 2, "n_heads": 2}
    model = DistilBertForSequenceClassification(DistilBertConfig(vocab_size=len(words), **sizes, **label_maps(LABELS)))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)
    return Encoder(model.eval(), words, "distilbert")


def main(folder: Path) -> None:
    """Make them, each in a folder of its form's name."""
    work = folder / "work"
    work.mkdir(parents=True)
    built = encoder()
    export.export(
        built,
        labels=LABELS,
        model_version="v",
        max_length=64,
        texts=TEXTS,
        calibration_texts=TEXTS,
        folder=folder / "exported",
        work=work,
    )
    for form, onnx in FORMS.items():
        made = folder / form
        shutil.copytree(folder / "exported", made)
        shutil.copyfile(work / f"{onnx}.onnx", made / artifact.MODEL_FILE)
        (made / artifact.ENCODER_FILE).unlink(missing_ok=True)
        if form == native.NATIVE and (native_weights := encoder_weights.of(built, temperature=1.0)):
            weights.save(native_weights, made / artifact.ENCODER_FILE)
        references.write(made)
        manifest.seal(made)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
