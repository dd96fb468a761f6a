"""A task whose words the functions or the API's documentation could not use is refused."""

from __future__ import annotations

import json

import pytest

from contracts.api import task
from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

WORDS = {
    "name": "Sentiment",
    "text_noun": "review",
    "texts_noun": "reviews",
    "language": "de",
    "examples": {"Sehr gut": "positiv", "Sehr schlecht": "negativ"},
}
REFUSED = [
    ({"examples": {"Sehr gut": "positiv"}}, "task.examples: '1 texts' is not allowed; use 2 to 6"),
    (
        {"examples": {"Sehr gut": "positiv", "Ganz gut": "positiv"}},
        "task.examples: 'positiv' is not allowed; it is the only label; add a text with another label",
    ),
    (
        {"examples": {"ü" * 190 + str(number): f"label {number}" for number in range(5)}},
        "task.examples: '5 examples' is not allowed; the section takes 2,148 bytes and may take 1,500; use shorter "
        "examples or fewer",
    ),
    ({"language": "German"}, "task.language: 'German' is not allowed; use a language tag such as de or pt-BR"),
    (
        {"text_noun": " review"},
        "task.text_noun: ' review' is not allowed; use a word without white space around it",
    ),
    (
        {"examples": {"two\nlines": "positiv", "Sehr schlecht": "negativ"}},
        "task.examples.two lines: 'two\\nlines' is not allowed; use texts and labels of one line, without white space "
        "around them",
    ),
    ({"examples": None}, "task.examples: None is not allowed; use keys and values"),
]


@pytest.mark.parametrize(("change", "expected"), REFUSED)
def test_refused(load_text: Loader, change: dict[str, object], expected: str) -> None:
    assert_refused(load_text, json.dumps({"task": WORDS | change}, ensure_ascii=False), expected)


def test_a_part_of_the_words_is_refused_by_the_missing_ones_name(load_text: Loader) -> None:
    some = {name: word for name, word in WORDS.items() if name != "texts_noun"}
    assert_refused(load_text, json.dumps({"task": some}), "task.texts_noun: is required; it has no default")


def test_the_words_reach_the_functions_as_they_are(load_text: Loader) -> None:
    settings = load_text(override=json.dumps({"task": WORDS}))
    assert settings.task is not None
    assert task.decoded(settings.task.words.encoded()) == settings.task.words
    assert settings.task.words.labels == ["positiv", "negativ"]


def test_an_environment_without_a_task_has_no_words(load_text: Loader) -> None:
    assert load_text(override="").task is None
    assert task.decoded("") is None
