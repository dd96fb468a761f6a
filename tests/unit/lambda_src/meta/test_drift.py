"""GET /v1/drift: the last report on the approved model."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError

from contracts.deployment import buckets
from contracts.logs import drift_report
from lambda_src.meta import drift
from lambda_src.meta import handler as site
from tests.unit.lambda_src.meta.test_handler import PARAMETER, approve, call, fits

REPORT: dict[str, Any] = {
    "layout": drift_report.LAYOUT,
    "model_version": "job-1",
    "written": "2026-11-20T12:00:00.000Z",
    "status": "drift",
    "reason": "The predicted labels moved by more than 2 points of a share.",
    "since": "2026-11-20T09:00:00.000Z",
    "until": "2026-11-20T11:55:00.000Z",
    "behind_seconds": 0,
    "counted": {"requests": 600, "texts": 600, "late": 0, "unknown_labels": 0},
    "promise": {"alpha": 0.001, "tolerance": 0.02},
    "reference": {"texts": 1000, "length_unit": "pieces"},
    "streams": [
        {
            "name": "predicted_label",
            "requests": 600,
            "log10_evidence": 12.5,
            "log10_threshold": 3.7,
            "alarm": {"request": 170, "time": "2026-11-20T10:00:00.000Z"},
            "evidence": [["2026-11-20T10:00:00.000Z", 170, 4.1], ["2026-11-20T11:55:00.000Z", 600, 12.5]],
            "shares": [{"name": "A", "reference": 0.25, "low": 0.22, "high": 0.28, "live": 0.6, "late": None}],
            "moved": "A",
        }
    ],
    "accuracy": None,
    "accuracy_reason": "",
    "explanation": None,
    "explanation_reason": "",
}


@pytest.fixture
def s3(account, configure):
    client = boto3.client("s3")
    client.create_bucket(Bucket="artifacts")
    configure(site, APPROVED_MODEL_PARAMETER=PARAMETER, ARTIFACT_BUCKET="artifacts", ENVIRONMENT="dev",
              ENDPOINT_NAME="rubric-dev")  # fmt: skip
    approve((client, boto3.client("ssm")), "job-1")
    return client


@pytest.fixture
def event(load_event):
    asked = load_event("model")
    asked["rawPath"] = asked["requestContext"]["http"]["path"] = "/v1/drift"
    asked["routeKey"] = asked["requestContext"]["routeKey"] = "GET /v1/drift"
    asked["requestContext"]["authorizer"]["lambda"]["scopes"] = "read admin"
    return asked


def store(s3, body):
    s3.put_object(Bucket="artifacts", Key=buckets.drift_report("job-1"), Body=body)


def test_the_report_is_passed_on(s3, event, context):
    store(s3, json.dumps({**REPORT, "later": "member"}).encode())
    response = call(event, context)
    document = json.loads(response["body"])
    fits("Drift", document)
    assert document == {name: value for name, value in REPORT.items() if name != "layout"}
    assert response["headers"]["x-model-version"] == "job-1"


def test_before_the_first_look_it_says_so(s3, event, context):
    document = json.loads(call(event, context)["body"])
    fits("Drift", document)
    assert (document["status"], document["streams"]) == (drift_report.NOT_LOOKED, [])


def test_a_foundation_model_has_nothing_to_be_compared_with(s3, event, context, configure):
    configure(site, BACKEND="bedrock", BEDROCK_MODEL_ID="amazon.nova-micro-v1:0", BEDROCK_LABELS='["A", "B"]')
    document = json.loads(call(event, context)["body"])
    fits("Drift", document)
    assert (document["model_version"], document["status"]) == ("amazon.nova-micro-v1:0", drift_report.NO_REFERENCE)


def test_it_is_of_everybody_s_texts_and_so_for_admins(s3, event, context):
    event["requestContext"]["authorizer"]["lambda"]["scopes"] = "classify feedback examples read"
    assert "admin" in json.loads(call(event, context, status=403)["body"])["detail"]


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"layout": 2}', b"[" * 100_000])
def test_what_is_not_a_report_is_a_503(s3, event, context, body):
    store(s3, body)
    assert call(event, context, status=503)["headers"]["retry-after"] == "5"


class Silent:
    """An S3 client that nothing answers."""

    def get_object(self, **_):
        raise ConnectTimeoutError(endpoint_url="https://s3")


def test_s3_that_does_not_answer_is_a_503(s3, event, context, monkeypatch):
    monkeypatch.setattr(site, "_reports", lambda: drift.Reports(Silent(), bucket="artifacts"))
    call(event, context, status=503)
