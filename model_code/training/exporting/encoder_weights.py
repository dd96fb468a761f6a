"""A trained torch encoder's weights for our own kernels, for the kinds of encoder that they support."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from transformers import PreTrainedModel

from model_code.serving.engines.native.weights import Layer, Linear, Weights, WeightsError, quantised
from model_code.training.fitting.encoder import Encoder

Array = np.ndarray[Any, Any]
Tensors = Mapping[str, Array]


def of(encoder: Encoder, *, temperature: float) -> Weights | None:
    """The weights, logits divided by ``temperature``; None for a kind, or sizes, that the kernels do not support."""
    kind = KINDS.get(encoder.model.config.model_type)
    if kind is None:
        return None
    tensors = {name: tensor.detach().float().cpu().numpy() for name, tensor in encoder.model.state_dict().items()}
    try:
        weights = kind(encoder.model, tensors, temperature)
        weights.check()
    except (KeyError, AttributeError, WeightsError):  # a variant of the architecture
        return None
    return weights


def _distilbert(model: PreTrainedModel, tensors: Tensors, temperature: float) -> Weights:
    config, words = model.config, "distilbert.embeddings.word_embeddings.weight"
    _expect(config.activation == "gelu")

    def layer(number: int) -> Layer:
        within = f"distilbert.transformer.layer.{number}."
        return Layer(
            attention_in=_linear(tensors, *(f"{within}attention.{part}_lin" for part in "qkv")),
            attention_out=_linear(tensors, f"{within}attention.out_lin"),
            up=_linear(tensors, f"{within}ffn.lin1"),
            down=_linear(tensors, f"{within}ffn.lin2"),
            after_attention=_norm(tensors, f"{within}sa_layer_norm"),
            after_feed_forward=_norm(tensors, f"{within}output_layer_norm"),
        )

    return _weights(
        tensors,
        temperature,
        heads=config.n_heads,
        activation="relu",
        epsilon=1e-12,
        words=words,
        positions=tensors["distilbert.embeddings.position_embeddings.weight"],
        embedding="distilbert.embeddings.LayerNorm",
        layers=tuple(layer(number) for number in range(config.n_layers)),
        head="pre_classifier",
        classes="classifier",
    )


def _bert(model: PreTrainedModel, tensors: Tensors, temperature: float) -> Weights:
    return _bert_like(
        model, tensors, temperature, prefix="bert", skipped=0, head="bert.pooler.dense", classes="classifier"
    )


def _roberta(model: PreTrainedModel, tensors: Tensors, temperature: float) -> Weights:
    # Its positions start after the padding's id.
    skipped = int(model.config.pad_token_id) + 1
    names = {"head": "classifier.dense", "classes": "classifier.out_proj"}
    return _bert_like(model, tensors, temperature, prefix="roberta", skipped=skipped, **names)


def _bert_like(
    model: PreTrainedModel,
    tensors: Tensors,
    temperature: float,
    *,
    prefix: str,
    skipped: int,
    head: str,
    classes: str,
) -> Weights:
    config, embeddings = model.config, f"{prefix}.embeddings."
    _expect(config.hidden_act == "gelu")
    _expect(getattr(config, "position_embedding_type", "absolute") in {"absolute", None})

    def layer(number: int) -> Layer:
        within = f"{prefix}.encoder.layer.{number}."
        return Layer(
            attention_in=_linear(tensors, *(f"{within}attention.self.{part}" for part in ("query", "key", "value"))),
            attention_out=_linear(tensors, f"{within}attention.output.dense"),
            up=_linear(tensors, f"{within}intermediate.dense"),
            down=_linear(tensors, f"{within}output.dense"),
            after_attention=_norm(tensors, f"{within}attention.output.LayerNorm"),
            after_feed_forward=_norm(tensors, f"{within}output.LayerNorm"),
        )

    positions = tensors[f"{embeddings}position_embeddings.weight"][skipped:]
    return _weights(
        tensors,
        temperature,
        heads=config.num_attention_heads,
        activation="tanh",
        epsilon=config.layer_norm_eps,
        words=f"{embeddings}word_embeddings.weight",
        positions=positions + tensors[f"{embeddings}token_type_embeddings.weight"][0],
        embedding=f"{embeddings}LayerNorm",
        layers=tuple(layer(number) for number in range(config.num_hidden_layers)),
        head=head,
        classes=classes,
    )


KINDS: dict[str, Callable[[PreTrainedModel, Tensors, float], Weights]] = {
    "distilbert": _distilbert,
    "bert": _bert,
    "roberta": _roberta,
    "xlm-roberta": _roberta,
}


def _weights(
    tensors: Tensors,
    temperature: float,
    *,
    heads: int,
    activation: str,
    epsilon: float,
    words: str,
    positions: Array,
    embedding: str,
    layers: tuple[Layer, ...],
    head: str,
    classes: str,
) -> Weights:
    rounded, scales = quantised(tensors[words])
    return Weights(
        heads=heads,
        activation=activation,
        epsilon=epsilon,
        words=rounded,
        word_scales=scales,
        positions=np.ascontiguousarray(positions),
        embedding=_norm(tensors, embedding),
        layers=layers,
        head=_linear(tensors, head),
        classes=np.ascontiguousarray(tensors[f"{classes}.weight"] / np.float32(temperature)),
        class_bias=np.ascontiguousarray(tensors[f"{classes}.bias"] / np.float32(temperature)),
    )


def _linear(tensors: Tensors, *names: str) -> Linear:
    """One linear layer, or several with the same inputs joined into one."""
    weights = np.concatenate([tensors[f"{name}.weight"] for name in names])
    return Linear.quantised(weights, np.concatenate([tensors[f"{name}.bias"] for name in names]))


def _norm(tensors: Tensors, name: str) -> Array:
    return np.stack((tensors[f"{name}.weight"], tensors[f"{name}.bias"]))


def _expect(condition: bool) -> None:
    if not condition:
        raise WeightsError("the kernels do not support this arithmetic")
