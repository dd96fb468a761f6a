"""A training that learned nothing: how it is noticed, and how it is started again."""

from __future__ import annotations

from dataclasses import replace

from model_code.training.settings import Hyperparameters

# Matthews' correlation of answers and labels is 0 for a model that gives one answer to all texts, or any at random.
CHANCE = 0.05
SLOWER, WARMUP = 4.0, 0.25
RESTARTED = (
    "The model learned nothing: its answers to the validation texts have no more to do with their labels than chance. "
    f"Training starts again with another seed and a {SLOWER:g} times lower learning rate."
)
LEARNED_NOTHING = (
    "The model learned nothing in two tries. Check that the label column belongs to the text column; if it does, there "
    "are too few rows for so many labels, or a base_model is needed that was trained on texts of this language."
)


def learned_nothing(association: float) -> bool:
    """``association``: Matthews' correlation of the validation part's answers with its labels."""
    return association < CHANCE


def gentler(settings: Hyperparameters) -> Hyperparameters:
    """The second try's: a high learning rate is what makes a small model give one answer to everything."""
    return replace(
        settings,
        seed=settings.seed + 1,
        learning_rate=settings.learning_rate / SLOWER,
        warmup=max(settings.warmup, WARMUP),
    )
