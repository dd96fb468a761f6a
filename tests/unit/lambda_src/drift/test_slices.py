"""Texts by what was known of them when they were answered."""

from __future__ import annotations

from typing import Any

from lambda_src.drift import slices


def item(*, confidence: float | None = 0.5, **known: Any) -> Any:
    return {"label": "Business", **({} if confidence is None else {"confidence": confidence}), **known}


def parts(found: Any, name: str) -> dict[str, tuple[int, float | None]]:
    [one] = [each for each in found if each["name"] == name]
    return {part["name"]: (part["texts"], part["confidence"]) for part in one["parts"]}


def test_texts_without_features_are_in_no_slice() -> None:
    counts: slices.Counts = {}
    slices.count(counts, [item(), item()])
    assert slices.report(counts) == []


def test_each_text_is_in_one_part_of_each_slice() -> None:
    counts: slices.Counts = {}
    many = {"caller.texts_30d": 250, "caller.feedback_wrong_share_30d": 0.3, "text.labellers": 2}
    slices.count(counts, [item(features=many, publisher="the times"), item(features={"caller.texts_30d": 0})])
    slices.count(counts, [item(features=many, confidence=0.7), item(publisher="the times", confidence=None)])
    found = slices.report(counts)
    assert parts(found, "publisher") == {"the times": (2, 0.5), "unknown": (2, 0.6)}
    assert parts(found, "caller.texts_30d") == {"100 to 999": (2, 0.6), "none": (1, 0.5), "unknown": (1, None)}
    assert parts(found, "caller.feedback_wrong_share_30d") == {"20 % or more": (2, 0.6), "unknown": (2, 0.5)}
    assert parts(found, "text.labellers") == {"1 to 9": (2, 0.6), "unknown": (2, 0.5)}


def test_made_up_publishers_do_not_make_the_state_grow_without_end() -> None:
    counts: slices.Counts = {}
    for number in range(1_000):
        slices.count(counts, [item(publisher=f"p{number}")])
    assert len(counts["publisher"]) == slices.MOST_COUNTED + 1
    listed = parts(slices.report(counts), "publisher")
    assert listed[slices.OTHERS] == (800, 0.5)
    assert len(listed) == slices.MOST_LISTED
