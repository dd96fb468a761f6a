"""Each error in an environment file gives one line with file, key, value and allowed values."""

from __future__ import annotations

import pytest

from environments.settings import SettingsError
from tests.unit.environments.conftest import MINIMAL, Loader

FILE = "environments/test.override.yaml"

WRONG_VALUES = [
    ("serving: {mode: turbo}", "serving.mode: 'turbo' is not allowed; use one of: real-time, serverless"),
    ("serving: {max_instances: '2'}", "serving.max_instances: '2' is not allowed; use a whole number, without quotes"),
    ("serving: {max_instances: 1.5}", "serving.max_instances: 1.5 is not allowed; use a whole number, without quotes"),
    ("serving: {max_instances: 0}", "serving.max_instances: 0 is not allowed; use 1 or more"),
    ("serving: {max_instances: 500}", "serving.max_instances: 500 is not allowed; use 100 or less"),
    ("training: {spot: 'yes'}", "training.spot: 'yes' is not allowed; use true or false"),
    (
        "training: {gate: {min_accuracy: '0.9'}}",
        "training.gate.min_accuracy: '0.9' is not allowed; use a number, without quotes",
    ),
    ("training: {gate: {min_accuracy: 90}}", "training.gate.min_accuracy: 90 is not allowed; use 1 or less"),
    (
        "training: {schedule: weekly}",
        "training.schedule: 'weekly' is not allowed; use rate(...) or cron(...), such as rate(7 days)",
    ),
    (
        "training: {hyperparameters: {learning_rate: 0}}",
        "training.hyperparameters.learning_rate: 0 is not allowed; use more than 0",
    ),
    ("account: 123456789012", "account: 123456789012 is not allowed; use text; put it in quotes"),
    ("account: '12'", "account: '12' is not allowed; use the 12 digits of an AWS account, in quotes"),
    (
        "project: My-Project",
        "project: 'My-Project' is not allowed; use lower-case letters and digits, at most 16, starting with a letter",
    ),
    ("api: {cors_origins: '*'}", "api.cors_origins: '*' is not allowed; use a list"),
    (
        "api: {cors_origins: [example.com]}",
        "api.cors_origins.0: 'example.com' is not allowed; "
        "use an origin such as https://example.com, without a path, or *",
    ),
    ("monitoring: {alarm_email: me}", "monitoring.alarm_email: 'me' is not allowed; use an e-mail address"),
    (
        "data: {dataset: {uri: 's3://bucket/a '}}",
        "data.dataset.uri: 's3://bucket/a ' is not allowed; use s3://bucket/key",
    ),
    ("data: {dataset: {uri: /tmp/x.csv}}", "data.dataset.uri: '/tmp/x.csv' is not allowed; use s3://bucket/key"),
    ("serving: []", "serving: [] is not allowed; use keys and values"),
    ("name: other", "name: is not allowed; the file's own name is the environment's name"),
]


@pytest.mark.parametrize(("override", "expected"), WRONG_VALUES)
def test_a_wrong_value(load_text: Loader, override: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_text(override=override)
    assert str(caught.value) == f"{FILE}: {expected}"


def test_an_unknown_key_suggests_the_nearest_and_lists_the_rest(load_text: Loader) -> None:
    with pytest.raises(SettingsError) as caught:
        load_text(override="data: {dataset: {text_colum: title}}")
    assert str(caught.value) == (
        f"{FILE}: data.dataset.text_colum: is not a setting; did you mean 'text_column'? "
        "allowed here: source, path, uri, url, sha256, text_column, label_column, encoding, time_format"
    )


def test_an_unknown_top_level_key_does_not_offer_the_name(load_text: Loader) -> None:
    with pytest.raises(SettingsError) as caught:
        load_text(override="servings: {}")
    message = str(caught.value)
    assert "did you mean 'serving'?" in message
    assert "name" not in message.split("allowed here: ")[1].split(", ")


def test_a_missing_key(load_text: Loader) -> None:
    with pytest.raises(SettingsError) as caught:
        load_text(MINIMAL.replace("    min_macro_f1: 0.9\n", ""))
    assert str(caught.value) == "environments/test.yaml: training.gate.min_macro_f1: is required; it has no default"


def test_a_misspelt_key_is_named_before_the_one_that_it_leaves_missing(load_text: Loader) -> None:
    with pytest.raises(SettingsError) as caught:
        load_text(MINIMAL.replace("min_macro_f1", "min_macrof1"))
    assert str(caught.value).startswith(
        "environments/test.yaml: training.gate.min_macrof1: is not a setting; did you mean 'min_macro_f1'?"
    )


@pytest.mark.parametrize("name", ["dev-2", "Prod", "averyveryverylongname"])
def test_a_name_that_would_clash_or_not_fit_is_refused(load_text: Loader, name: str) -> None:
    with pytest.raises(SettingsError, match="name the file with lower-case letters and digits"):
        load_text(name=name)
