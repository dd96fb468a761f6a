"""`rubric load` loads the deployed API and endpoint, reports, and leaves no key behind."""

import json
from pathlib import Path

import pytest

from tests.e2e.cloud import Cloud


@pytest.mark.parametrize("target", ["api", "endpoint"])
def test_a_load_is_answered_and_reported(deployed: Cloud, target: str, tmp_path: Path) -> None:
    report = tmp_path / "load.html"
    options = ("--users", "2", "--duration", "6s", "--steady", "--p95-ms", "5000", "--report", str(report), "--json")
    done = deployed.rubric("load", "--target", target, *options)
    result = json.loads(done.stdout)
    (step,) = result["steps"]
    assert step["users"] == 2
    assert step["requests_per_second"] > 1
    assert step["errors"] == {}
    assert result["knee"] == step  # with errors or slower than 5 s it would be none
    assert "<html" in report.read_text(encoding="utf-8")
    keys = deployed.client("dynamodb").scan(TableName=deployed.outputs("Data")["ApiKeysTableName"])["Items"]
    assert not [key for key in keys if "load" in key["name"]["S"] and not key["revoked"]["BOOL"]]
