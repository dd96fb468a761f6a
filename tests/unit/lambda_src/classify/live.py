"""Live A/B tests for the tests of the classify function."""

from __future__ import annotations

from contracts.ab_tests.live import CHALLENGER, ITEM_ID, POSITION, LiveTest, unit_of, variant_of
from lambda_src.classify.live_tests import Assignment

TEST: LiveTest = {
    "request_id": ITEM_ID,
    "position": POSITION,
    "test_id": "20261130-093000-abcd",
    "share": 0.5,
    "unit": "text",
    "endpoint": "rubric-dev-challenger",
    "version": "rubric-dev-2",
    "salt": "s",
    "ends_at": 2_000_000_000,
    "expires_at": 2_000_086_400,
}


def changed(**members: object) -> LiveTest:
    return {**TEST, **members}  # type: ignore[typeddict-item]


def assignment(*variants: str) -> Assignment:
    return Assignment(test=TEST, variants=variants, units=tuple(f"{at:016x}" for at in range(len(variants))))


def texts_of(variant: str, count: int) -> list[str]:
    """Texts that the test gives to a variant."""
    texts = (f"text {number}" for number in range(1000))
    found = (text for text in texts if variant_of(unit_of(text, "", unit="text"), salt="s", share=0.5) == variant)
    return [next(found) for _ in range(count)]


CHALLENGED = texts_of(CHALLENGER, 3)
