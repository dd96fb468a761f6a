"""Words that reach a training script whatever passes them."""

from __future__ import annotations

import contextlib
import json
import shlex

import pytest

from contracts.models import hyperparameters

WORDS = [
    "Class Index", "R&D", "it's", 'say "x"', "$HOME", "`id`", "a;b", "*", "~root", "#no", "-v", "--epochs", "a\\b",
    "%41", "null", "true", "NaN", "Infinity", "1e5", "1.50", "[1]", '{"a": 1}', '"quoted"', "12e4567", "1" * 400 + "e9",
    "two\nlines", "分类", "café", "x=y", "100% sure", " ", "[" * 200,
]  # fmt: skip


@pytest.mark.parametrize("value", WORDS)
def test_a_word_survives_a_shell_json_and_an_option_parser(value: str) -> None:
    word = hyperparameters.encoded(value)
    assert shlex.split(word) == [word] and not word.startswith("-") and word.isascii() and word.isprintable()
    with contextlib.suppress(ValueError):
        assert str(json.loads(word)) == word
    assert hyperparameters.decoded(word) == value


@pytest.mark.parametrize("value", ["3", "0.001", "compact", "text", "distilbert-base-uncased@12040acc", "s3://a/b_c/"])
def test_what_nothing_could_change_stays_readable(value: str) -> None:
    assert hyperparameters.encoded(value) == value


@pytest.mark.parametrize("word", ["Class Index", "50 %", "100% sure", "%E9"])
def test_text_that_was_never_encoded_stays(word: str) -> None:
    assert hyperparameters.decoded(word) == word


def test_a_job_gets_no_empty_value_and_the_containers_own_as_they_are() -> None:
    given = {"sagemaker_submit_directory": "s3://b/a b", "text_column": "a b", "label_column": "", "epochs": "3"}
    job = hyperparameters.for_job(given)
    assert job == {"sagemaker_submit_directory": "s3://b/a b", "text_column": "%61%20b", "epochs": "3"}
    assert hyperparameters.of_job(job) == {"text_column": "a b", "epochs": "3"}
