"""Tests common/environment.py."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lambda_src.common import environment
from tests.functions import package


@dataclass(frozen=True, kw_only=True)
class Settings:
    table: str
    days: int
    share: float
    options: dict[str, str]
    names: list[str] = field(default_factory=list)
    note: str = "none"


GOOD = {"TABLE": "t", "DAYS": "30", "SHARE": "0.5", "OPTIONS": '{"a": "1"}'}


def test_every_type_is_read_and_defaults_apply():
    assert environment.load(Settings, source=GOOD) == Settings(table="t", days=30, share=0.5, options={"a": "1"})
    assert environment.load(Settings, source={**GOOD, "NOTE": ""}).note == ""
    assert environment.load(Settings, source={**GOOD, "NAMES": '["a", "b"]'}).names == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"TABLE": " "}, "TABLE is not set"),
        ({"DAYS": "many"}, "DAYS is 'many', which is not a whole number"),
        ({"SHARE": "half"}, "SHARE is 'half', which is not a number"),
        ({"OPTIONS": "[]"}, "OPTIONS is '[]', which is not a JSON object of strings"),
        ({"OPTIONS": '{"a": 1}'}, "which is not a JSON object of strings"),
        ({"OPTIONS": "{"}, "which is not a JSON object of strings"),
        ({"NAMES": "{}"}, "NAMES is '{}', which is not a JSON list of strings"),
        ({"NAMES": "[1]"}, "which is not a JSON list of strings"),
    ],
)
def test_what_is_wrong_is_named(change, part):
    with pytest.raises(environment.SettingsError, match="environment is incomplete") as caught:
        environment.load(Settings, source={**GOOD, **change})
    assert part in str(caught.value)


def test_all_faults_are_told_at_once():
    with pytest.raises(environment.SettingsError) as caught:
        environment.load(Settings, source={"DAYS": "x"})
    assert all(name in str(caught.value) for name in ("TABLE", "DAYS", "SHARE", "OPTIONS"))


@pytest.mark.parametrize(
    "name",
    [
        *("authorizer", "check_rollout", "classify", "cleanup", "examples", "first_model"),
        *("gate", "prepare_training", "promote", "request_log_api", "redrive", "rotate_key", "meta"),
        "labelling",
    ],
)
def test_every_function_starts_in_lambda_without_calling_aws(name):
    """Imported as Lambda does before the first request; a network call would fail, as the address is unroutable."""
    variables = {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "POWERTOOLS_SERVICE_NAME": "rubric-dev",
        "POWERTOOLS_METRICS_NAMESPACE": "Rubric",
        "ENDPOINT_NAME": "e",
        "REQUEST_LOG_TABLE": "t",
        "LOG_DLQ_URL": "http://127.0.0.1:1/q",
        "REQUEST_LOG_DAYS": "30",
        "REQUEST_LOG_SHARDS": "8",
        "EXAMPLES_TABLE": "t",
        "LEDGER_TABLE": "t",
        "EXAMPLE_DAYS": "365",
        "LABELLING_DAYS": "7",
        "SHARED_SHARE": "0.2",
        "ERASED_TABLE": "t",
        "CURSOR_SECRET": "s",
        "PARKED_URL": "http://127.0.0.1:1/p",
        "ANSWERS_TABLE": "t",
        "REQUEST_LOG_TEXT": "store",
        "ENVIRONMENT": "dev",
        "APPROVED_MODEL_PARAMETER": "/p",
        "ARTIFACT_BUCKET": "b",
        "PATH": os.environ["PATH"],
    }
    script = f"import {package(name)}.handler as module; assert callable(module.handler)"
    root = Path(environment.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, cwd=root, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
