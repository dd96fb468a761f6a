"""An erasure reaches the feature store: texts by their keys' hashes, callers by their key ids."""

from __future__ import annotations

import io
import json
from typing import Any

from contracts.texts import text_normalization
from ops.erase.features import Features
from ops.erase.report import StoreReport
from ops.erase.targets import Target, Wanted, of_text

AT = "2026-11-20T12:00:00.000Z"
RATES = text_normalization.text_id("Rates rise")


class Function:
    """The function `features`: what it knows, by entity and id."""

    def __init__(self, known: dict[str, set[str]], *, fault: str = "") -> None:
        self.known, self.fault = known, fault
        self.asked: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == "features"
        event = json.loads(Payload)
        self.asked.append(event)
        if self.fault:
            return {
                "FunctionError": "Unhandled",
                "Payload": io.BytesIO(json.dumps({"errorMessage": self.fault}).encode()),
            }
        answer: dict[str, Any] = {"deleted": 0}
        if event["action"] == "read":
            answer = {
                "features": {
                    entity: {one: {"texts_30d": 1} if one in self.known[entity] else {} for one in ids}
                    for entity, ids in event["ids"].items()
                }
            }
        else:
            for entity, ids in event["ids"].items():
                self.known[entity] -= set(ids)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def run(function: Function, targets: list[Target], *, apply: bool) -> StoreReport:
    wanted = Wanted(targets)
    return Features(function, function="features", show=lambda *_: None).run(wanted, apply=apply)


def test_a_text_and_a_key_are_erased_and_others_stay() -> None:
    function = Function({"caller": {"k1", "k2"}, "text": {RATES, "f" * 64}})
    report = run(function, [*of_text("RATES  rise", at=AT), Target("key", "k1", AT)], apply=True)
    assert function.known == {"caller": {"k2"}, "text": {"f" * 64}}
    assert (report.looked_at, report.found, report.erased, report.problems) == (2, 2, 2, [])


def test_counting_changes_nothing() -> None:
    function = Function({"caller": {"k1"}, "text": set()})
    report = run(function, [Target("key", "k1", AT)], apply=False)
    assert (report.found, report.erased) == (1, 0)
    assert [event["action"] for event in function.asked] == ["read"]


def test_what_has_no_newest_value_is_forgotten_too() -> None:
    """Its time to live may have ended, while the history is kept."""
    function = Function({"caller": set(), "text": set()})
    run(function, [Target("key", "k1", AT)], apply=True)
    assert [event["action"] for event in function.asked] == ["read", "forget"]


def test_a_store_that_fails_is_a_problem_of_the_report() -> None:
    report = run(Function({}, fault="The store did not answer."), [Target("key", "k1", AT)], apply=True)
    assert report.problems == ["the feature store could not be asked to read: The store did not answer."]
