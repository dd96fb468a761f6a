"""The contract in the words of another task: none of the contract's own words are left, and it still holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import fastjsonschema
import pytest
import yaml
from openapi_spec_validator import validate

from contracts.api import task
from contracts.api.task import Example, Task
from lambda_src.meta import served_contract
from tests.checkout import ROOT

OWN = task.of(yaml.safe_load((ROOT / "contracts/openapi.yaml").read_text("utf-8"))["info"][task.EXTENSION])


def words(*labels: str) -> Task:
    examples = tuple(Example(text=f"Ein Text, {label}", label=label) for label in labels)
    return Task(name="Sentiment", text_noun="review", texts_noun="reviews", language="de", examples=examples)


@pytest.fixture(scope="module", params=[("negativ", "neutral", "positiv"), ("ja", "nein"), tuple("abcdef")])
def served(request: pytest.FixtureRequest) -> dict[str, Any]:
    text = served_contract.text(auth="keys", issuer="", words=words(*request.param).encoded())
    return dict(json.loads(text))


def _examples(value: Any, *, inside: bool = False) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _examples(each, inside=inside or key in {"example", "examples"})
        if inside:
            yield value
    elif isinstance(value, list):
        for each in value:
            yield from _examples(each, inside=inside)
    elif inside:
        yield value


def test_no_word_of_the_news_is_left(served: dict[str, Any]) -> None:
    text = json.dumps(served, ensure_ascii=False)
    assert not re.search(r"headline|news", text, re.IGNORECASE)
    texts = {example for example in _examples(served) if isinstance(example, str)}
    assert texts.isdisjoint({*OWN.labels, *(each.text for each in OWN.examples)})


def test_it_is_still_a_contract_and_its_examples_fit_it(served: dict[str, Any]) -> None:
    validate(served)
    for operations in served["paths"].values():
        for operation in operations.values():
            for response in operation.get("responses", {}).values():
                for content in response.get("content", {}).values():
                    check = fastjsonschema.compile({**content["schema"], "components": served["components"]})
                    for example in content.get("examples", {}).values():
                        check(example["value"])


def test_an_answer_lists_each_label_once_with_probabilities_of_one_in_all(served: dict[str, Any]) -> None:
    labels = list(dict.fromkeys(each["label"] for each in served["info"][task.EXTENSION]["examples"]))
    answers = [
        each for each in _examples(served) if isinstance(each, dict) and isinstance(each.get("probabilities"), list)
    ]
    assert len(answers) >= 4
    for answer in answers:
        [*row] = answer["probabilities"][0] if isinstance(answer["probabilities"][0], list) else answer["probabilities"]
        named = answer.get("predicted_label") or answer["label"]
        assert len(set(answer["labels"])) == len(answer["labels"]) == len(row)
        assert answer["labels"][row.index(max(row))] == named
        assert len(labels) == len(row) + answer.get("labels_omitted", 0)
        if "labels_omitted" not in answer:
            assert sum(row) == pytest.approx(1, abs=0.001)


def test_the_own_words_are_served_as_they_stand() -> None:
    document = json.loads(served_contract.text(auth="keys", issuer=""))
    assert task.of(document["info"][task.EXTENSION]) == OWN
    assert "HeadlineRequest" in document["components"]["schemas"]


def test_examples_of_the_contract_use_the_tasks_own_texts_and_labels_alone() -> None:
    """What is not among them would be shown to the callers of another task."""
    document = json.loads(served_contract.text(auth="keys", issuer=""))
    known = {*OWN.labels, *(each.text for each in OWN.examples)}
    for example in _examples(document):
        if isinstance(example, dict):
            named = [example.get(name) for name in ("text", "headline", "predicted_label", "label", "first")]
            assert {each for each in named if isinstance(each, str)} <= known, example
