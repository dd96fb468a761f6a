"""The torch model's own logits, against which its export is checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from model_code.training.fitting.encoder import Encoder

BATCH = 64


def logits(encoder: Encoder, texts: Sequence[str], *, max_length: int) -> np.ndarray[Any, Any]:
    """Float32 logits of shape (len(texts), labels), rows in the order of ``texts``, on the device the model is on.

    Puts the model into evaluation mode. ValueError when there are no texts.
    """
    if not texts:
        raise ValueError("there are no texts to run the model on")
    model = encoder.model.eval()
    device = next(model.parameters()).device
    # Texts of similar length share a batch, which saves padding.
    order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
    answers: np.ndarray[Any, Any] | None = None
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            positions = order[start : start + BATCH]
            batch = encoder.tokenizer(
                [texts[position] for position in positions],
                padding=True,
                truncation=True,
                max_length=max_length,
                return_tensors="pt",
            ).to(device)
            rows = model(**batch).logits.float().cpu().numpy()
            if answers is None:
                answers = np.empty((len(texts), rows.shape[1]), dtype=np.float32)
            answers[positions] = rows
    assert answers is not None
    return answers
