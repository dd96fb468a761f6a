"""A dataset of 151 labels, in a folder of S3 with a name of its own: nothing is left out, and nothing is slow."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, expect

from tests.e2e.cloud import Cloud
from tests.long.datasets import files
from tools.browser.console_page import opened

BUCKET, PREFIX = "datasets-of-ours", "déjà vu/新聞 100%/"
LABELS = [f'étiquette n° {number} / "{number % 7}" & more' for number in range(151)]
ROWS = files.made(LABELS, each=7, seed=151)
USUAL = ("text", "label")


@pytest.fixture(scope="module")
def many(deployed: Cloud) -> Iterator[Cloud]:
    """The cloud with a model of these labels."""
    s3, half = deployed.client("s3"), len(ROWS) // 2
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}a.csv", Body=files.delimited(ROWS[:half], USUAL))
    packed = gzip.compress(files.json_lines(ROWS[half:], USUAL))
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}below it/b.jsonl.gz", Body=packed)
    override = deployed.settings_file.with_name("local.override.yaml")
    dataset = {"source": "s3", "path": None, "uri": f"s3://{BUCKET}/{PREFIX}"}
    override.write_text(yaml.safe_dump({"data": {"dataset": dataset}, "training": {"model": "linear"}}))
    deployed.local("demo", timeout=900)
    yield deployed


@pytest.fixture(scope="module")
def key(many: Cloud) -> str:
    """A key without requests."""
    return str(json.loads(many.rubric("keys", "create", "--name", "many", "--json").stdout)["key"])


@pytest.fixture(scope="module")
def predicted(many: Cloud, key: str) -> list[dict[str, Any]]:
    """The predictions for a text of each label, in three requests."""
    texts = list({label: text for text, label in ROWS}.values())
    with many.api(key=key) as api:
        answers = [api.post("v1/classify", json={"inputs": texts[at : at + 64]}).json() for at in range(0, 151, 64)]
    return [prediction for answer in answers for prediction in answer["predictions"]]


def test_answers_and_the_log_have_every_label(many: Cloud, key: str, predicted: list[dict[str, Any]]) -> None:
    for one in predicted:
        assert one["labels"] == sorted(LABELS)
        assert sum(one["probabilities"][0]) == pytest.approx(1)
    with many.api(key=key) as api:
        began = time.monotonic()
        stats = api.get("v1/stats").json()
        listed = api.get("v1/requests", params={"limit": 100}).json()["texts"]
        assert time.monotonic() - began < 10  # a second here; with each text's labels in the log it was six
        model = api.get("v1/model").json()
    assert (stats["texts"], stats["complete"]) == (151, True)
    assert stats["labels"] == {
        label: sum(one["predicted_label"] == label for one in predicted)
        for label in sorted({one["predicted_label"] for one in predicted})
    }
    assert all(one["labels"] == sorted(LABELS) and len(one["probabilities"]) == 151 for one in listed)
    assert model["labels"] == sorted(LABELS) and len(model["evaluation"]["confusion_matrix"]) == 151


def test_the_commands_and_the_report_show_all_of_them(many: Cloud, tmp_path: Path) -> None:
    text = many.rubric("models", "show").stdout
    many.rubric("models", "show", "--html", str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text("utf-8")
    for number in range(151):
        assert f"étiquette n° {number} / " in text and f"étiquette n° {number} / " in page
    assert len(page) < 1_000_000
    assert many.rubric("models", "show", "--card").stdout
    told = many.rubric("train", "--if-changed")
    assert "training job" not in told.stdout + told.stderr


def test_few_of_them_are_metrics(many: Cloud, predicted: list[dict[str, Any]]) -> None:
    listed = many.client("cloudwatch").list_metrics(Namespace="Rubric", MetricName="Labels")["Metrics"]
    names = {each["Value"] for metric in listed for each in metric["Dimensions"] if each["Name"] == "label"}
    assert "(other)" in names and not {name for name in names if name.startswith("étiquette")}


def test_the_console_shows_them(browser: Browser, many: Cloud, key: str, predicted: list[dict[str, Any]]) -> None:
    with opened(browser, many.status()["console_url"]) as console:
        console.use(key)
        stats = console.open_tab("Statistics")
        distinct = len({one["predicted_label"] for one in predicted})
        expect(stats.locator("#stats-other-labels summary")).to_have_text(f"{distinct - 20} other labels")
        expect(console.open_tab("Model")).to_contain_text("151 labels")
        assert not console.overflows()
        assert console.complaints == []
