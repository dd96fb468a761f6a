"""The rule by which a dearer model replaces a cheaper one."""

from __future__ import annotations

import numpy as np
import pytest

from model_code.training.choosing import choice
from model_code.training.choosing.choice import Answers

TEXTS = 400
GROUPS = [f"group {n}" for n in range(TEXTS)]
NOISE = np.random.default_rng(0).normal(scale=0.3, size=TEXTS)


def answers(kind: str, loss: float, right: int = 370) -> Answers:
    noise = {"linear": 0, "encoder": NOISE - NOISE.mean(), "blend": (NOISE - NOISE.mean())[::-1]}[kind]
    return Answers(kind, loss + noise * np.ones(TEXTS), np.arange(TEXTS) < right)


@pytest.mark.parametrize(
    ("encoder", "blend", "chosen"),
    [
        ((0.30, 370), (0.30, 370), "linear"),  # equal: the cheapest
        ((0.20, 372), (0.30, 370), "encoder"),
        ((0.20, 372), (0.10, 374), "blend"),
        ((0.40, 360), (0.20, 374), "blend"),
        ((0.20, 369), (0.30, 370), "linear"),  # a lower accuracy, however sure
        ((0.28, 372), (0.29, 372), "linear"),  # as much by chance
    ],
)
def test_dearer_models_must_be_better(encoder: tuple[float, int], blend: tuple[float, int], chosen: str) -> None:
    given = [answers("blend", *blend), answers("linear", 0.30), answers("encoder", *encoder)]
    kind, judged = choice.choose(given, GROUPS)
    assert kind == chosen
    assert [each.kind for each in judged] == ["encoder", "blend"]
    assert judged[0].against == "linear"
    assert ("is better than" in judged[0].sentence()) is judged[0].better


def test_a_sure_gain_must_be_worth_its_price() -> None:
    cheap = answers("linear", 0.30)
    sure = Answers("encoder", np.full(TEXTS, 0.295) + NOISE * 1e-6, np.ones(TEXTS, bool))
    assert not choice.judge(sure, cheap, GROUPS).better
    worth = Answers("encoder", np.full(TEXTS, 0.29) + NOISE * 1e-6, np.ones(TEXTS, bool))
    assert choice.judge(worth, cheap, GROUPS).better


def test_texts_of_one_story_count_once() -> None:
    dearer, cheaper = answers("encoder", 0.25), answers("linear", 0.30)
    alone = choice.judge(dearer, cheaper, GROUPS)
    together = choice.judge(dearer, cheaper, [f"story {n // 40}" for n in range(TEXTS)])
    assert alone.p < 0.01
    assert choice.judge(dearer, cheaper, ["one story"] * TEXTS).p == 1.0
    repeated = [Answers(each.kind, np.repeat(each.losses, 4), np.repeat(each.right, 4)) for each in (dearer, cheaper)]
    assert choice.judge(repeated[0], repeated[1], [name for name in GROUPS for _ in range(4)]).p == pytest.approx(
        alone.p
    )
    assert together.gain == alone.gain
