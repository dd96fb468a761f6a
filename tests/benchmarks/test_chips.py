"""Tests the operations of an encoder, and the peak performance of a chip."""

from __future__ import annotations

import pytest

from benchmarks import chips


def test_operations_of_a_tiny_encoder_counted_by_hand() -> None:
    # Width 2, feed forward 3: a piece costs 2 * (4*2*2 + 2*2*3) = 56 a layer; 5 pieces attend with 2 * 2*2 * 5*5 = 200;
    # the head 2 * (2*2 + 2*4) = 24. One layer forward: 5 * 56 + 200 + 24 = 504, and twice that backward.
    shape = chips.Shape(layers=1, width=2, heads=1, feed_forward=3, vocabulary=9, positions=8, labels=4)
    assert chips.training_flops(shape, length=5, squared_length=25) == 3 * 504


def test_the_shape_has_distilbert_bases_operations() -> None:
    # 42.5 million weights in its layers: 2 operations each and word piece forward, attention apart.
    flops = chips.training_flops(chips.distilbert_base(labels=4), length=1, squared_length=0)
    assert flops / 3 / 2 == pytest.approx(42.5e6, rel=0.02)


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA H200", 989.0),
        ("NVIDIA H100 80GB HBM3", 989.0),
        ("NVIDIA H100 PCIe", 756.0),
        ("NVIDIA A100-SXM4-40GB", 312.0),
        ("NVIDIA L4", 121.0),
        ("NVIDIA L40S", 362.0),
        ("NVIDIA A10G", 70.0),
        ("Tesla T4", None),
    ],
)
def test_data_sheet_peaks_by_the_names_that_drivers_give(name: str, peak: float | None) -> None:
    assert chips.data_sheet_peak(name) == peak
