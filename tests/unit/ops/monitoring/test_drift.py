"""Tests `rubric drift`."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest
from typer.testing import CliRunner, Result

from contracts.deployment import buckets
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from ops.main import app
from tests.unit.lambda_src.meta.test_drift import REPORT
from tests.unit.ops.conftest import BUCKET, PARAMETER, deployed

VERSION = "rubric-dev-20261120-213501-3fa9"
NASTY = 'a "label" <b>&amp; \x1b[31m\u202e'


class Lambda:
    """The drift function, which answers from a script and writes the report at its last answer."""

    def __init__(self, *answers: dict[str, Any], error: str = "") -> None:
        self.answers, self.error, self.calls = list(answers), error, 0

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert (FunctionName, Payload) == ("drift", b"{}")
        self.calls += 1
        if self.error:
            body = json.dumps({"errorMessage": self.error}).encode()
            return {"Payload": io.BytesIO(body), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(self.answers.pop(0)).encode())}


@pytest.fixture
def lambdas(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> list[Lambda]:
    """The environment with an approved model; the one function is put into the list."""
    known: list[Lambda] = []
    stacks = deployed()
    training = stacks.by_part["Training"]
    outputs = {**training.outputs, "DriftFunctionName": "drift"}
    changed = Stack(training.name, training.status, training.changed, outputs)
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={**stacks.by_part, "Training": changed}))
    real: Callable[..., Any] = Cloud.client

    def client(self: Cloud, name: str, **options: Any) -> Any:
        if name != "lambda":
            return real(self, name)
        assert options["config"].read_timeout > 900
        return known[0]

    monkeypatch.setattr(Cloud, "client", client)
    uri = f"s3://{BUCKET}/{buckets.kept(VERSION, buckets.MODEL_FILE)}"
    boto3.client("ssm").put_parameter(Name=PARAMETER, Value=uri, Type="String")
    return known


def store(version: str = VERSION, **changes: Any) -> None:
    body = json.dumps({**REPORT, "model_version": version, **changes}).encode()
    boto3.client("s3").put_object(Bucket=BUCKET, Key=buckets.drift_report(version), Body=body)


def ran(*arguments: str, status: int = 0) -> Result:
    result = CliRunner().invoke(app, ["--env", "dev", "drift", *arguments])
    if isinstance(result.exception, SystemExit) or result.exception is None:
        assert result.exit_code == status, result.output
    return result


def test_the_report_of_the_model_in_use(lambdas: list[Lambda]) -> None:
    store()
    shown = ran().output
    assert f"{VERSION}  drift" in shown and "The predicted labels moved" in shown
    assert "600 requests with 600 texts from 2026-11-20 09:00 to 2026-11-20 11:55; reference: 1,000 texts" in shown
    assert re.search(r"predicted labels +600 +10\^12.5 +10\^3.7 +2026-11-20 10:00, request 170 +A", shown)
    assert re.search(r"A +25.0 +22.0 to 28.0 +60.0 +-", shown)


EXPLAINED: dict[str, Any] = {
    "accuracy": {
        "estimate": {
            "texts": 900, "accuracy": 0.81, "low": 0.78, "high": 0.84, "reference": 0.92,
            "labels": [{"label": "A", "reference": 0.25, "live": 0.6}],
        },
        "audit": {
            "whole": {"texts": 60, "right": 30, "low": 0.3, "high": 0.7},
            "late": {"texts": 60, "right": 30, "low": 0.3, "high": 0.7},
        },
        "verdict": "lower_than_expected",
        "sentence": "The relation of texts to labels has changed.",
    },
    "explanation": {
        "texts": 900,
        "more": [{"term": "storm", "reference": 0.001, "live": 0.042}],
        "less": [{"term": NASTY, "reference": 0.05, "live": 0.0}],
        "typical": [{"request_id": "r", "position": 0, "text": f"A storm {NASTY}"}],
        "grown": [{"label": "A", "reference": 0.25, "live": 0.6}],
    },
}  # fmt: skip


def test_what_the_newest_texts_say(lambdas: list[Lambda], tmp_path: Path) -> None:
    store(**EXPLAINED)
    shown = ran().output
    assert "81.0 % of the newest 900 answers are right (95 %: 78.0 to 84.0)" in shown
    assert "30 of the last 60 answers were right; between 30.0 and 70.0 %" in shown
    assert "The relation of texts to labels has changed." in shown
    assert "More frequent: storm (0.1 to 4.2 %)" in shown and "Labels that grew: A (25.0 to 60.0 %)" in shown
    assert "A storm" in shown and "\x1b" not in shown
    file = tmp_path / "drift.html"
    ran("--html", str(file))
    page = file.read_text("utf-8")
    assert "storm (0.1 to 4.2 %)" in page and "<li>A storm" in page and "<b>" not in page


SLICES = [
    {"name": "publisher", "parts": [{"name": NASTY, "texts": 300, "confidence": 0.8}]},
    {
        "name": "caller.texts_30d",
        "parts": [
            {"name": "100 to 999", "texts": 450, "confidence": 0.912},
            {"name": "none", "texts": 150, "confidence": None},
        ],
    },
    {"name": "text.a_later_one", "parts": [{"name": "unknown", "texts": 1_600, "confidence": 0.5}]},
]


def test_the_slices_by_features(lambdas: list[Lambda], tmp_path: Path) -> None:
    store(slices=SLICES)
    shown = ran().output
    assert "By publisher" in shown and "By texts of the caller in 30 days" in shown and "By text.a_later_one" in shown
    assert re.search(r"100 to 999 +450 +75.0 +91.2", shown) and re.search(r"none +150 +25.0 +-", shown)
    assert "1,600" in shown and "\x1b" not in shown
    file = tmp_path / "drift.html"
    ran("--html", str(file))
    page = file.read_text("utf-8")
    assert "<tr><td>100 to 999</td><td>450</td><td>75.0</td><td>91.2</td></tr>" in page and "<b>" not in page


def test_of_another_model_and_for_programs(lambdas: list[Lambda]) -> None:
    store("other", status="steady")
    assert json.loads(ran("other", "--json").stdout)["status"] == "steady"


def test_a_check_fails_where_there_is_drift_alone(lambdas: list[Lambda]) -> None:
    store()
    ran("--check", status=1)
    store(status="steady")
    ran("--check")


def test_without_a_report_it_says_how_to_get_one(lambdas: list[Lambda]) -> None:
    error = ran().exception
    assert str(error) == (
        f"{VERSION} has no drift report: no look has counted answers of it yet; "
        "`rubric drift --now` counts those older than drift.settle_seconds"
    )


@pytest.mark.parametrize("body", [b"no json", b'{"layout": 99}', b"[]"])
def test_what_is_not_a_report_is_said(lambdas: list[Lambda], body: bytes) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=buckets.drift_report(VERSION), Body=body)
    assert "is not a report of this version" in str(ran().exception)


def test_a_look_goes_on_until_the_log_is_counted(lambdas: list[Lambda]) -> None:
    answer = {"texts": 5000, "until": "2026-11-20T11:00:00.000Z", "behind_seconds": 60, "models": {}}
    lambdas.append(Lambda({**answer, "ended": "time"}, {**answer, "ended": "done", "texts": 7}))
    store()
    shown = ran("--now").output
    assert lambdas[0].calls == 2
    assert "5,000 texts counted" in shown and "7 texts counted" in shown


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (Lambda(error="AccessDenied"), "The look failed: AccessDenied"),
        (Lambda({"ended": "overtaken"}), "another look is counting"),
        (Lambda({"ended": "clock", "until": "2026-11-20"}), "clock is behind what was counted"),
    ],
)
def test_a_look_that_does_not_end_well(lambdas: list[Lambda], function: Lambda, said: str) -> None:
    lambdas.append(function)
    assert said in str(ran("--now").exception)


def test_the_page_is_one_file_in_which_names_do_nothing(lambdas: list[Lambda], tmp_path: Path) -> None:
    [stream] = REPORT["streams"]
    share = {"name": NASTY, "reference": 0.25, "low": 0.22, "high": 0.28, "live": None, "late": None}
    store(streams=[{**stream, "shares": [share], "evidence": []}, stream])
    file = tmp_path / "drift.html"
    ran("--html", str(file))
    page = file.read_text("utf-8")
    assert "<script" not in page and "http" not in page and "<b>" not in page
    plots = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(plots) == 3
    for plot in plots:
        ElementTree.fromstring(plot)
    assert 'points="' in page and "10^3.7" in page
    assert ran("--html", str(file)).exit_code != 0, "it is there already"
    ran("--html", str(file), "--force")


def test_a_page_and_json_are_two_things(lambdas: list[Lambda], tmp_path: Path) -> None:
    assert "cannot be combined" in str(ran("--html", str(tmp_path / "a.html"), "--json").exception)
