"""The loss: weights, smoothing, and batches divided in any way."""

from __future__ import annotations

import pytest
import torch

from model_code.training.fitting.loop.token_batches import IGNORED
from model_code.training.fitting.loop.trainer import Loss, balanced


def test_loss_weighs_rare_labels_smooths_and_does_not_depend_on_how_a_batch_is_divided() -> None:
    truth = torch.tensor([0, 0, 0, 1, 1, 2])
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    weights = balanced(truth.numpy(), count=4)
    assert weights.tolist() == [0.5, 0.75, 1.5, 1.5]  # 6 / (4 x texts); a label without texts as if it had one
    loss = Loss(smoothing=0.1, weights=weights[:3].float())
    whole = loss({"logits": logits}, truth, num_items_in_batch=torch.tensor(6))
    parts = [
        loss({"logits": logits[part]}, truth[part], num_items_in_batch=torch.tensor(6))
        for part in ([0, 3], [1, 2, 4, 5])
    ]
    assert float(sum(parts)) == pytest.approx(float(whole))
    filled = loss({"logits": torch.cat([logits, logits[:1]])}, torch.cat([truth, torch.tensor([IGNORED])]))
    assert float(filled) == pytest.approx(float(whole))
    plain = Loss(smoothing=0.0, weights=None).of_logits(logits, truth)
    chosen = torch.log_softmax(logits, dim=1)[range(6), truth]
    assert float(plain) == pytest.approx(float(-chosen.mean()))
    assert float(Loss(smoothing=0.0, weights=weights[:3].float()).of_logits(logits, truth)) == pytest.approx(
        float(-(chosen * weights[truth]).mean()), rel=1e-5
    )
