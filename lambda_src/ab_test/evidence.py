"""Labels that people gave, and what they say of the two models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from contracts.ab_tests import record
from contracts.ab_tests.record import Disagreement, Record
from contracts.logs.audit import Given
from lambda_src.ab_test import changes
from lambda_src.ab_test.parts import Key, Parts
from lambda_src.ab_test.statistics import judge

_NEVER: Final = "~"  # after all times in the order of letters


def labelled(test: Record, parts: Parts) -> Record:
    """The record with the labels that were given since, and without hope for those that can no longer come.

    A text is gone if it has left the log, by its age or erased, before anybody labelled it. So is one that was labelled
    before labels were asked for: it was not chosen at random. It keeps its place among the compared texts: texts on
    which the models agree stay as well, however old they are.
    """
    asked = record.asked_for(test)
    if not asked:
        return test
    items = parts.log.items([_key(each) for each in asked])
    given = {key: item.get("given") or {} for key, item in items.items()}
    gone = {
        key
        for key in map(_key, asked)
        if "text" not in items.get(key, {}) or _first(given.get(key)) < test["running_since"]
    }
    if not gone and not any(given.values()):
        return test
    waiting, found = set(map(_key, asked)), list[Disagreement]()
    for each in test["disagreements"]:
        if _key(each) in gone:
            found.append({**each, "gone": True})
        elif _key(each) in waiting:
            found.append(_with_label(each, cast(Mapping[str, Given], given.get(_key(each), {}))))
        else:
            found.append(each)
    return {**test, "disagreements": found}


def judged(test: Record, parts: Parts) -> Record:
    """The record with a look for each new label, and the end of the test if one of them decides."""
    found = judge.judge(test["plan"], test["disagreements"], test["compared"], earlier=test["looks"])
    looked: Record = {**test, "looks": found.looks, "reason": found.reason}
    if found.verdict is None:
        return looked
    return changes.ending(looked, found.verdict, found.reason, now=parts.now())


def _first(given: Mapping[str, Any] | None) -> str:
    """The time of the first label; later than any time without one."""
    return min((one["time"] for one in given.values()), default=_NEVER) if given else _NEVER


def _with_label(each: Disagreement, given: Mapping[str, Given]) -> Disagreement:
    """With the first label of the labeller who was first: it was given before any model's answer was shown."""
    if not given:
        return each
    labeller, first = min(given.items(), key=lambda one: one[1]["time"])
    key_id = labeller.split(" ", 1)[0]
    return {**each, "label": first["first"], "labelled_at": first["time"], "labeller": key_id}


def _key(each: Disagreement) -> Key:
    return each["request_id"], int(each["position"])
