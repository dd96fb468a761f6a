"""The torch model as a float32 ONNX graph that ONNX Runtime fuses well, its temperature inside."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import torch
from transformers import PreTrainedModel

from model_code.training.exporting import first_token
from model_code.training.fitting.encoder import Encoder

OPSET = 20  # the first with one operator for GELU
MASKED = -1e4  # added to an attention score, it leaves a share of exactly 0 in float32
NOT_THAT_MASK = (ValueError, TypeError, RuntimeError, IndexError, AttributeError, NotImplementedError)


def write(encoder: Encoder, path: Path, *, temperature: float = 1.0) -> None:
    """Write the graph: logits divided by ``temperature``, batch and length free, inputs those of the tokenizer.

    Moves ``encoder.model`` to the CPU, in float32 and evaluation mode.
    """
    model = encoder.model.float().cpu().eval()
    # Two texts of different length: no dimension is 1, so none is taken for a constant.
    inputs = dict(encoder.tokenizer(["one two three", "four"], padding=True, return_tensors="pt"))
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with _plain_attention(model), _silence():
        additive = _takes_additive_mask(model, inputs)
        torch.onnx.export(
            _Served(model, temperature=temperature, additive_mask=additive),
            (),
            str(path),
            kwargs=inputs,
            input_names=list(inputs),
            output_names=["logits"],
            dynamic_shapes=dict.fromkeys(inputs, free),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    graph = onnx.load(str(path))
    # The exporter's shapes of constants it has transposed since contradict onnx's own inference; they are optional.
    del graph.graph.value_info[:]
    first_token.narrow(graph)
    onnx.save(graph, str(path))


class _Served(torch.nn.Module):  # type: ignore[misc]
    """The classifier as it is served: three tensors in, calibrated logits out."""

    def __init__(self, model: PreTrainedModel, *, temperature: float, additive_mask: bool) -> None:
        super().__init__()
        self.model = model
        self.temperature = temperature
        self.additive_mask = additive_mask

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor | None = None
    ) -> torch.Tensor:
        mask = attention_mask
        if self.additive_mask:
            mask = (1.0 - mask[:, None, None, :].float()) * MASKED
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        logits: torch.Tensor = self.model(input_ids=input_ids, attention_mask=mask, **types).logits
        return logits / self.temperature


def _takes_additive_mask(model: PreTrainedModel, inputs: dict[str, Any]) -> bool:
    """Whether the model answers the same to a ready 4-D mask, which spares the graph a tenth of its time."""
    with torch.inference_mode():
        plain = _Served(model, temperature=1.0, additive_mask=False)(**inputs)
        try:
            ready = _Served(model, temperature=1.0, additive_mask=True)(**inputs)
        except NOT_THAT_MASK:
            return False
    return bool(plain.shape == ready.shape and torch.allclose(plain, ready, atol=1e-4))


@contextlib.contextmanager
def _plain_attention(model: PreTrainedModel) -> Iterator[None]:
    """Attention as two matrix products: the fused kernel's graph guards against rows that are masked throughout."""
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # torchvision's operators are not needed
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
