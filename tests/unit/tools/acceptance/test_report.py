"""Tests a run's report."""

import json
from datetime import UTC, datetime
from pathlib import Path

from tools.acceptance import report
from tools.acceptance.cleanup.leftovers import Left
from tools.acceptance.planning.prices import Price
from tools.acceptance.run import Run, StepResult

HOST, TRAIN = Price(0.5, "test"), Price(2.0, "test")


def test_a_report_has_steps_left_overs_versions_and_settings(run: Run, tmp_path: Path) -> None:
    run.outcomes += [
        StepResult(
            "deploy", "failed", 61.5, {"stack": "arn:aws:x:123456789012"}, "the | API\nrk_abcdefghij_x is silent"
        ),
        StepResult("key"),
        StepResult("destroy", "passed", 9.0),
    ]
    built = report.build(
        run,
        Left(found={"S3 bucket": ["rubric-x"]}, uncounted={"KMS key": "AccessDenied"}),
        env="local",
        started=datetime(2026, 11, 29, tzinfo=UTC),
        prices={"ml.x (Host)": HOST},
        rates=run.budget.rates,
        why="deploy: the API",
    )
    as_json, as_text = report.write(built, tmp_path)
    assert json.loads(as_json.read_text()) == built
    assert built["verdict"] == "failed" and built["versions"]["aws-cdk (CLI)"].startswith("2.")
    assert "account" not in built["settings"] and built["settings"]["serving"]["instance_type"] == "ml.c7i.large"
    page = as_text.read_text()
    assert "| deploy | failed | 62 | the \\| API |" in page
    for message in ("S3 bucket: rubric-x", "not counted: KMS key: AccessDenied", "| key | not run | 0 |", "<api key>"):
        assert message in page
    assert "123456789012" not in page + as_json.read_text()
