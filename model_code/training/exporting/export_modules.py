"""The torch modules to export: from the tensors of a layout (``model_code.serving.layout``) to logits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedModel

from model_code.training.exporting.passes.masks import MASKED
from model_code.training.fitting.encoder import Encoder

# Errors of a model that does not accept these inputs.
UNSUPPORTED_INPUT = (ValueError, TypeError, RuntimeError, IndexError, AttributeError, NotImplementedError)
TOLERANCE = 1e-4  # of a logit
SAMPLES = ("one two three", "four")  # two, of different lengths: the exporter treats a dimension of 1 as a constant

Inputs = dict[str, torch.Tensor]


class Padded(torch.nn.Module):  # type: ignore[misc]
    """A row for each text."""

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


class Packed(torch.nn.Module):  # type: ignore[misc]
    """Rows that several texts share: logits of each row's first text, the only one that the model itself reads."""

    def __init__(self, model: PreTrainedModel, *, temperature: float, first_position: int) -> None:
        super().__init__()
        self.model = model
        self.temperature = temperature
        self.first_position = first_position

    def forward(
        self,
        input_ids: torch.Tensor,
        position_ids: torch.Tensor,
        segment_ids: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        mask = (segment_ids[:, None, :, None] != segment_ids[:, None, None, :]).float() * MASKED
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        positions = position_ids + self.first_position if self.first_position else position_ids
        answer = self.model(input_ids=input_ids, attention_mask=mask, position_ids=positions, **types)
        logits: torch.Tensor = answer.logits
        return logits / self.temperature


@dataclass(frozen=True)
class Form:
    """A module to export, with example inputs for the exporter."""

    module: torch.nn.Module
    inputs: Inputs


@dataclass(frozen=True)
class PackedForm(Form):
    """Where each text of ``inputs`` begins, shape (rows, slots), and the logits: a row for each slot of each row."""

    first_positions: torch.Tensor
    logits: torch.Tensor


def padded(encoder: Encoder, *, temperature: float) -> Form:
    """A row for each text; with a 4-D mask, which saves a tenth of the time, if the model accepts one."""
    inputs = dict(encoder.tokenizer(list(SAMPLES), padding=True, return_tensors="pt"))
    plain = Padded(encoder.model, temperature=temperature, additive_mask=False)
    with torch.inference_mode():
        expected = plain(**inputs)
    with_4d_mask = Padded(encoder.model, temperature=temperature, additive_mask=True)
    return Form(with_4d_mask if _agree(with_4d_mask, inputs, expected) else plain, inputs)


def packed(encoder: Encoder, *, temperature: float) -> PackedForm | None:
    """Rows of several texts; None if an answer would depend on the row's other texts."""
    texts = dict(encoder.tokenizer(list(SAMPLES), padding=True, return_tensors="pt"))
    with torch.inference_mode():
        alone = Padded(encoder.model, temperature=temperature, additive_mask=False)(**texts)
    first, second = (int(length) for length in texts["attention_mask"].sum(dim=1))
    # Two rows, each with both samples, in either order.
    inputs = {
        name: torch.stack(
            (torch.cat((both[0][:first], both[1][:second])), torch.cat((both[1][:second], both[0][:first])))
        )
        for name, both in (texts | _positions(*texts["input_ids"].shape)).items()
        if name != "attention_mask"
    }
    # Models like RoBERTa count positions from the padding's id + 1.
    for first_position in (0, (encoder.tokenizer.pad_token_id or 0) + 1):
        module = Packed(encoder.model, temperature=temperature, first_position=first_position)
        if _agree(module, inputs, alone):
            return PackedForm(module, inputs, torch.tensor([[0, first], [0, second]]), alone[[0, 1, 1, 0]])
    return None


def _positions(texts: int, length: int) -> Inputs:
    """The positions and segments of the texts, before they share rows."""
    positions = torch.arange(length).expand(texts, length)
    return {"position_ids": positions, "segment_ids": torch.arange(1, texts + 1)[:, None].expand(texts, length)}


def _agree(module: torch.nn.Module, inputs: Inputs, expected: torch.Tensor) -> bool:
    with torch.inference_mode():
        try:
            logits = module(**inputs)
        except UNSUPPORTED_INPUT:
            return False
    return bool(logits.shape == expected.shape and torch.allclose(logits, expected, atol=TOLERANCE))


@contextlib.contextmanager
def plain_attention(model: PreTrainedModel) -> Iterator[None]:
    """Attention as two matrix products: the fused kernel's graph has extra nodes for fully masked rows."""
    before: Any = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)
