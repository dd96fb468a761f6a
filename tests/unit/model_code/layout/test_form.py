"""A graph's inputs choose the layout of its texts."""

from __future__ import annotations

import pytest

from model_code.serving.layout import form
from model_code.serving.layout.packed import Packed
from model_code.serving.layout.padded import Padded
from tests.unit.model_code.layout.texts import PAD, texts


@pytest.mark.parametrize(
    ("inputs", "kind"),
    [
        (("input_ids", "attention_mask"), Padded),
        (("input_ids", "attention_mask", "token_type_ids"), Padded),
        (("input_ids", "position_ids", "segment_ids", "first_positions"), Packed),
        (("input_ids", "position_ids", "segment_ids", "first_positions", "token_type_ids"), Packed),
    ],
)
def test_a_graph_tells_its_form_by_its_inputs(inputs: tuple[str, ...], kind: type) -> None:
    chosen = form.of(inputs, pad_id=PAD)
    assert isinstance(chosen, kind)
    assert set(chosen.arrange(texts([3]))[0]) == set(inputs)


@pytest.mark.parametrize("inputs", [("input_ids", "attention_mask", "pixels"), ("input_ids",)])
def test_inputs_that_fit_no_layout_are_named(inputs: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=f"has these inputs: {', '.join(sorted(inputs))}$"):
        form.of(inputs, pad_id=PAD)
