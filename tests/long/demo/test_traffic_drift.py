"""Drift looks count each logged text once, and find it when the texts change."""

import json
import random
from pathlib import Path
from typing import Any

import httpx

from contracts.logs import request_log
from tests.e2e.cloud import Cloud, wait_for

SEED = 20261130
HEADLINES = (
    "Shares slide as bank warns of higher interest rates",
    "Singer announces world tour after surprise album",
    "New vaccine cuts flu cases among older adults, study finds",
    "Astronomers spot a planet with water in its clouds",
    "Carmaker to buy battery supplier for $2 billion",
)


def looked(cloud: Cloud, texts: int) -> dict[str, Any]:
    """The report once it has counted so many texts; a request is counted when it is half a minute old."""

    def report() -> dict[str, Any] | None:
        done = cloud.rubric("drift", "--now", "--json", check=False)
        if "has no drift report" in done.stderr:
            return None
        found = dict(json.loads(done.stdout))
        return found if found["counted"]["texts"] >= texts else None

    return dict(wait_for(f"{texts} counted texts", report, timeout=180, every=5))


def logged(cloud: Cloud, version: str) -> int:
    """How many texts the table has that the model answered, besides the audit sample's copies of them."""
    pages = cloud.client("dynamodb").get_paginator("scan")
    table = cloud.outputs("Data")["RequestLogTableName"]
    items = [item for page in pages.paginate(TableName=table) for item in page["Items"]]
    answered = [item for item in items if item.get("model_version", {}).get("S") == version and "label" in item]
    return sum(request_log.is_request_id(item["request_id"]["S"]) for item in answered)


def classify(api: httpx.Client, texts: list[str]) -> None:
    answer = api.post("v1/classify", json={"inputs": texts})
    assert answer.status_code == 200, answer.text


def test_every_text_is_counted_once_and_other_texts_are_found(deployed: Cloud, tmp_path: Path) -> None:
    version, chance = deployed.status()["model_version"], random.Random(SEED)
    with deployed.api() as api:
        for number in range(10):
            classify(api, [f"{text} {number}" for text in chance.sample(HEADLINES, 3)])
    texts = logged(deployed, version)
    report = looked(deployed, texts)
    assert report["model_version"] == version
    assert (report["counted"]["texts"], report["behind_seconds"]) == (texts, 0)
    assert report["reference"]["texts"] > 50 and len(report["streams"]) >= 4
    words = [f"{chance.choice('bcdfg')}{chance.choice('aeiou')}{number}zq" for number in range(500)]
    with deployed.api() as api:
        for _ in range(250):
            classify(api, [" ".join(chance.sample(words, 6))])
    report = looked(deployed, texts + 250)
    assert report["counted"]["texts"] == logged(deployed, version) == texts + 250
    assert report["status"] == "drift", report
    unseen = next(stream for stream in report["streams"] if stream["name"] == "unseen_words")
    assert unseen["alarm"] is not None and unseen["log10_evidence"] >= unseen["log10_threshold"]
    assert looked(deployed, texts)["counted"] == report["counted"]
    assert deployed.rubric("drift", "--check", check=False).returncode == 1
    page = tmp_path / "drift.html"
    deployed.rubric("drift", "--html", str(page))
    assert "<svg" in page.read_text("utf-8")
    key = json.loads(deployed.rubric("keys", "create", "--name", "drift", "--scopes", "admin", "--json").stdout)["key"]
    with deployed.api(key=key) as admin:
        served = admin.get("v1/drift").json()
    assert (served["model_version"], served["status"]) == (version, "drift")
    with deployed.api() as api:
        assert api.get("v1/drift").status_code == 403
    wait_for("the alarm", lambda: "DriftFound" in ringing(deployed), timeout=60, every=2)


def ringing(cloud: Cloud) -> set[str]:
    alarms = cloud.client("cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"]
    return {alarm.get("MetricName", "") for alarm in alarms}
