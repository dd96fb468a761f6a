"""Small encoders of every kind that the kernels compute, and texts for them."""

from __future__ import annotations

import numpy as np
import torch
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from model_code.serving.engines.native.weights import Weights
from model_code.training.exporting import encoder_weights
from model_code.training.fitting.encoder import Encoder

VOCABULARY, POSITIONS, TEMPERATURE = 500, 64, 1.7

LENGTHS = (1, 3, 16, 17, 31, 60, 33, 5)

BERTS = {"vocab_size": VOCABULARY, "num_labels": 3, "intermediate_size": 192, "num_hidden_layers": 2}


def model_of(kind: str, **changed: object) -> PreTrainedModel:
    torch.manual_seed(5)
    model: PreTrainedModel
    if kind == "distilbert":
        sizes = {"dim": 128, "hidden_dim": 256, "n_layers": 2, "n_heads": 4, "max_position_embeddings": POSITIONS}
        config = DistilBertConfig(**{"vocab_size": VOCABULARY, "num_labels": 3, **sizes, **changed})
        model = DistilBertForSequenceClassification(config)
    elif kind == "bert":
        settings = {
            **BERTS,
            "hidden_size": 64,
            "num_attention_heads": 1,
            "max_position_embeddings": POSITIONS,
            **changed,
        }
        model = BertForSequenceClassification(BertConfig(**settings))
    else:
        settings = {**BERTS, "hidden_size": 192, "num_attention_heads": 12, "max_position_embeddings": POSITIONS + 2}
        model = RobertaForSequenceClassification(RobertaConfig(**{**settings, **changed}))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)  # answers that differ well between texts
            elif "bias" in name or "Norm" in name or "norm" in name:
                parameter.add_(torch.randn_like(parameter) * 0.2)  # none of them 0 or 1 throughout
    return model.eval()


def weights_of(model: PreTrainedModel) -> Weights:
    weights = encoder_weights.of(Encoder(model, None, "test"), temperature=TEMPERATURE)
    assert weights is not None
    return weights


def texts() -> list[list[int]]:
    random = np.random.default_rng(1)
    return [random.integers(5, VOCABULARY, length).tolist() for length in LENGTHS]
