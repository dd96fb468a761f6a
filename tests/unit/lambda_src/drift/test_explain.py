"""What an alarm is about."""

from __future__ import annotations

import random

from contracts.models.baseline import Baseline
from lambda_src.drift.explain import EXAMPLES, Text, explain
from lambda_src.drift.statistics.monitor import Monitor
from lambda_src.drift.statistics.observation import Observation
from tests.unit.lambda_src.drift.references import drawn

OLD = ("bank", "goal", "film", "cell", "vote")


def _reference() -> Baseline:
    reference = drawn(1500, random.Random(1))
    return {**reference, "term_texts": 2000, "terms": dict.fromkeys(OLD, 400)}


def _text(number: int, words: str) -> Text:
    return Text(request_id=f"r{number}", position=0, text=words)


def test_terms_texts_and_labels_that_grew() -> None:
    reference, chance = _reference(), random.Random(2)
    live, monitor = [], Monitor.start(reference)
    for number in range(600):
        words = "a quake shook the bank" if number % 3 == 0 else " ".join(chance.sample(("goal", "film", "cell"), 1))
        live.append(_text(number, words))
        monitor.add([Observation(label="arts" if number % 2 else "sport")])
    found = explain(reference, live, monitor.streams())
    assert {each.term for each in found.more} >= {"quake", "shook"}
    assert [each.term for each in found.less] == ["vote"]
    assert all(each.least < each.live - each.reference for each in found.more)
    assert found.typical[0].text == "a quake shook the bank"
    assert {each.name for each in found.grown} == {"arts", "sport"}


def test_chance_explains_nothing() -> None:
    reference, chance = _reference(), random.Random(3)
    live = []
    for number in range(500):
        live.append(_text(number, chance.choice(OLD)))
    found = explain(reference, live, [])
    assert (found.more, found.less, found.typical, found.grown) == ([], [], [], [])


def test_a_rare_word_that_the_reference_does_not_list_is_no_new_one() -> None:
    reference = {**_reference(), "terms": {"bank": 400, "rare": 100}}
    live = []
    for number in range(500):
        live.append(_text(number, "unlisted bank" if number % 20 == 0 else "x" if number % 5 else "bank"))
    found = explain(reference, live, [])  # type: ignore[arg-type]
    assert "unlisted" not in {each.term for each in found.more}


def test_typical_texts_are_new_and_whole() -> None:
    texts = [_text(number, f"quake{' a' * 900} {number}") for number in range(EXAMPLES + 5)]
    found = explain(_reference(), texts, [], most=len(texts))
    assert found.texts == len(texts)
    assert [each.request_id for each in found.typical] == [f"r{n}" for n in range(EXAMPLES + 4, 4, -1)]
    assert set(found.typical) <= set(texts)  # `rubric erase` knows a text by all of it
    assert explain(_reference(), [], []).texts == 0
