"""Hyperparameters: checked by name, and defaults by base model and size."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from contracts.models import hyperparameters as encoding
from model_code.training.errors import TrainingError
from model_code.training.settings import Hyperparameters, parse_arguments


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--warmup", "1.5"], "warmup is 1.5; it must be at least 0 and below 1, or -1 for the base model's default"),
        (["--token_masking", "-0.5"], "token_masking is -0.5; it must be at least 0"),
        (["--label_smoothing", "nan"], "label_smoothing is nan; it must be a finite number"),
        (["--learning_rate", "inf"], "learning_rate is inf; it must be a finite number"),
        (["--gradient_accumulation", "0"], "gradient_accumulation is 0; it must be at least 1"),
        (["--patience", "-2"], "patience is -2; it must not be negative"),
        (["--model", "svm"], "model is 'svm'; it must be one of: encoder, linear, blend, best"),
        (["--class_weights", "equal"], "class_weights is 'equal'; it must be one of: none, balanced"),
    ],
)
def test_hyperparameters_out_of_range_are_named(arguments: list[str], sentence: str) -> None:
    with pytest.raises(TrainingError) as caught:
        parse_arguments(arguments)
    assert sentence in str(caught.value)


def test_the_kind_of_model_is_best_unless_a_pretrained_encoder_is_named() -> None:
    assert Hyperparameters().resolved(train_rows=9000).model == "best"
    assert Hyperparameters(base_model="some-bert").resolved(train_rows=9000).model == "encoder"
    assert parse_arguments(["--model", "blend", "--base_model", "some-bert"]).kind == "blend"


def test_words_are_read_as_they_were_before_they_were_encoded() -> None:
    given = {"text_column": "Class Index", "label_column": "null", "label_smoothing": "1e-2", "epochs": "3"}
    words = [word for name, value in encoding.for_job(given).items() for word in (f"--{name}", value)]
    read = parse_arguments(shlex.split(" ".join(words)))
    assert (read.text_column, read.label_column, read.label_smoothing, read.epochs) == ("Class Index", "null", 0.01, 3)
    assert parse_arguments(["--label_column", "Class Index"]).label_column == "Class Index"
    assert parse_arguments(["--label_column", "Class", "Index", "--epochs", "2"]).label_column == "Class Index"
    with pytest.raises(TrainingError, match="invalid int value: 'x%20y'"):
        parse_arguments(["--epochs", "x%20y"])


def test_unset_shares_become_the_base_models_and_zero_stays_zero() -> None:
    compact = Hyperparameters().resolved(train_rows=9000)
    assert (compact.warmup, compact.weight_decay, compact.label_smoothing, compact.token_masking) == (
        0.1,
        0.05,
        0.1,
        0.3,
    )
    hyperparameters = parse_arguments(["--token_masking", "0", "--label_smoothing", "-1.0"]).resolved(train_rows=9000)
    assert (hyperparameters.token_masking, hyperparameters.label_smoothing) == (0.0, 0.1)
    tuned = Hyperparameters(base_model="some-bert").resolved(train_rows=9000)
    assert (tuned.label_smoothing, tuned.token_masking, tuned.patience) == (0.0, 0.0, 2)
    assert Hyperparameters(epochs=40).resolved(train_rows=9000).patience == 10


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--epoch", "3"], "unrecognized arguments: --epoch 3; the known ones are base_model, model, epochs"),
        (["--epochs", "many"], "invalid int value: 'many'"),
        (["--heads", "3"], "hidden_size 256 is not a multiple of heads 3"),
        (["--test_fraction", "0.9"], "test_fraction is 0.9; it must be between 0 and 0.5"),
        (["--precision", "fp16"], "precision is 'fp16'; it must be one of: auto, bf16, fp32"),
        (["--batch_size", "-1"], "batch_size is -1; it must not be negative"),
    ],
)
def test_wrong_hyperparameters_are_named(arguments: list[str], sentence: str) -> None:
    with pytest.raises(TrainingError, match=re.escape(sentence)):
        parse_arguments(arguments)


def test_defaults_depend_on_base_model_and_size() -> None:
    assert parse_arguments([]).resolved(train_rows=9000).epochs == 8
    assert parse_arguments([]).resolved(train_rows=320).epochs == 40
    assert parse_arguments([]).resolved(train_rows=90_000).batch_size == 32
    assert parse_arguments(["--epochs", "2"]).resolved(train_rows=320).epochs == 2


@pytest.mark.parametrize(("rows", "batch_size"), [(320, 32), (4095, 32), (4096, 64), (8192, 128), (400_000, 128)])
def test_a_pretrained_encoder_takes_larger_batches_and_rates_where_rows_allow(rows: int, batch_size: int) -> None:
    settings = parse_arguments(["--base_model", "distilbert-base-uncased"]).resolved(train_rows=rows)
    assert settings.batch_size == batch_size
    assert settings.learning_rate == pytest.approx(5e-5 * (batch_size / 32) ** 0.5)


def test_a_batch_size_that_was_set_brings_its_own_rate() -> None:
    tuned = Hyperparameters(base_model="some-bert", batch_size=512).resolved(train_rows=9000)
    assert (tuned.batch_size, tuned.learning_rate) == (512, 1e-4)  # no further than measured
    assert Hyperparameters(base_model="some-bert", batch_size=8).resolved(train_rows=9000).learning_rate == 5e-5
    assert Hyperparameters(base_model="some-bert", learning_rate=0.1).resolved(train_rows=9000).learning_rate == 0.1


def test_files_in_the_base_model_channel_go_before_compact(tmp_path: Path) -> None:
    assert not Hyperparameters().with_channel(tmp_path).from_scratch
    assert Hyperparameters(base_model="").with_channel(None).from_scratch
    assert Hyperparameters(base_model="my-model").with_channel(tmp_path).base_model == "my-model"


def test_texts_without_spaces_get_a_larger_vocabulary_unless_it_is_set() -> None:
    assert Hyperparameters().resolved(train_rows=9000).vocab_size == 8000
    assert Hyperparameters().resolved(train_rows=9000, unspaced=True).vocab_size == 16_000
    assert Hyperparameters(vocab_size=500).resolved(train_rows=9000, unspaced=True).vocab_size == 500
    with pytest.raises(TrainingError, match="vocab_size is -1; it must not be negative"):
        parse_arguments(["--vocab_size", "-1"])
