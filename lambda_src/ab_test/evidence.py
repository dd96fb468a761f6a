"""Labels that people gave, and what they say of the two models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from contracts.ab_tests import record
from contracts.ab_tests.record import Disagreement, Record
from contracts.logs import audit
from contracts.logs.audit import Deciding, Given
from lambda_src.ab_test import changes
from lambda_src.ab_test.parts import Key, Parts
from lambda_src.ab_test.statistics import judge


def labelled(test: Record, parts: Parts) -> Record:
    """The record with the labels that were given since, and without hope for those that can no longer come.

    A text is gone if it has left the log, by its age or erased, before anybody labelled it. So is one that was labelled
    before labels were asked for: it was not chosen at random. It keeps its place among the compared texts: texts on
    which the models agree stay as well, however old they are. Labels of keys that are not trusted do nothing of that.
    """
    asked = set(map(_key, record.asked_for(test)))
    if not asked:
        return test
    items = parts.log.items(sorted(asked))
    given = {key: cast(Mapping[str, Given], item.get("given") or {}) for key, item in items.items()}
    found = list[Disagreement]()
    for each in test["disagreements"]:
        key = _key(each)
        decides = audit.deciding(given.get(key)) if key in asked else None
        if key in asked and ("text" not in items.get(key, {}) or (decides and decides.time < test["running_since"])):
            found.append({**each, "gone": True})
        elif decides:
            found.append(_with_label(each, decides))
        else:
            found.append(each)
    untrusted = sum(map(audit.waits, given.values()))
    after: Record = {**test, "disagreements": found}
    if untrusted == test["progress"].get("untrusted", 0):
        return after
    return changes.progressed(after, {"untrusted": untrusted})


def judged(test: Record, parts: Parts) -> Record:
    """The record with a look for each new label, and the end of the test if one of them decides."""
    found = judge.judge(test["plan"], test["disagreements"], test["compared"], earlier=test["looks"])
    looked: Record = {**test, "looks": found.looks, "reason": found.reason}
    if found.verdict is None:
        return looked
    return changes.ending(looked, found.verdict, found.reason, now=parts.now())


def _with_label(each: Disagreement, decides: Deciding) -> Disagreement:
    """With the label that decides: it was given before any model's answer was shown."""
    key_id = decides.labeller.split(" ", 1)[0]
    return {**each, "label": decides.label, "labelled_at": decides.time, "labeller": key_id}


def _key(each: Disagreement) -> Key:
    return each["request_id"], int(each["position"])
