"""Files of five formats, columns and labels with every kind of character: each step shows names as written."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.cloud import Cloud
from tests.long.datasets import files
from tests.long.datasets.conftest import FOLDER
from tools.browser.console_page import opened


@pytest.fixture(scope="module")
def shown(deployed: Cloud) -> dict[str, Any]:
    """`rubric models show --json`."""
    return dict(json.loads(deployed.rubric("models", "show", "--json").stdout))


@pytest.fixture(scope="module")
def key(deployed: Cloud) -> str:
    """An API key of these tests alone, which sees what they sent."""
    return str(json.loads(deployed.rubric("keys", "create", "--name", "names", "--json").stdout)["key"])


@pytest.fixture(scope="module")
def answer(deployed: Cloud, key: str) -> dict[str, Any]:
    """The answer to one text of each label, which has a threshold that some of its texts miss."""
    with deployed.api(key=key) as api:
        texts = list(examples().values())
        return dict(api.post("v1/classify", json={"inputs": [*texts, "a"], "threshold": 0.5}).json())


def examples() -> dict[str, str]:
    """A text for each label of the model."""
    found = {files.LABELS[label]: text for text, label in files.MIXED}
    return {label: found[label] for label in files.WRITTEN}


def test_every_row_of_every_file_is_used_or_counted(shown: dict[str, Any]) -> None:
    data = shown["evaluation"]["data"]
    dropped = sum(files.LABELS[label] is None for _, label in files.MIXED)
    assert (data["rows_read"], data["rows_used"]) == (len(files.MIXED), len(files.MIXED) - dropped)
    assert sum(data["dropped"].values()) == dropped
    names = ["a b.csv", "b's.jsonl", "c$1.parquet", "März & April/d.csv", "März & April/e.xlsx"]
    assert [each["name"] for each in data["files"]] == [
        *sorted(f"1/{FOLDER}/{name}" for name in names),
        "2/體育.tsv",
    ]
    became = {each["label"]: (each["becomes"], each["rows"]) for each in data["label_mapping"]}
    assert became == {label: (name, 40) for label, name in files.LABELS.items() if label != name}


def test_the_model_has_the_labels_that_the_mapping_makes(shown: dict[str, Any], deployed: Cloud) -> None:
    evaluation = shown["evaluation"]
    assert evaluation["labels"] == list(evaluation["per_class"]) == files.WRITTEN
    assert evaluation["model"]["served"] == "blend"
    text = deployed.rubric("models", "show").stdout
    assert [label for label in files.WRITTEN if label not in text] == []
    with deployed.api() as api:
        model = api.get("v1/model").json()
    assert model["labels"] == list(model["evaluation"]["per_class"]) == files.WRITTEN


def test_the_report_shows_them_as_text(deployed: Cloud, tmp_path: Path) -> None:
    deployed.rubric("models", "show", "--html", str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text("utf-8")
    assert [name for name in (*files.WRITTEN, files.TEXT_COLUMN) if name not in unescape(page)] == []
    assert "<b>Übersicht" not in page


def test_nothing_has_changed_since_the_training(deployed: Cloud) -> None:
    told = deployed.rubric("train", "--if-changed")
    assert deployed.status()["model_version"] in told.stdout + told.stderr
    assert "training job" not in told.stdout + told.stderr


def test_each_label_is_predicted_and_kept(deployed: Cloud, key: str, answer: dict[str, Any]) -> None:
    predictions = answer["predictions"]
    assert [one["predicted_label"] for one in predictions[:-1]] == files.WRITTEN
    assert all(one["labels"] == files.WRITTEN for one in predictions)
    request_id = answer["request_id"]
    with deployed.api(key=key) as api:
        for position, label in enumerate(files.WRITTEN):
            found = api.get("v1/requests", params={"label": label}).json()["texts"]
            assert (request_id, position) in {(one["request_id"], one["position"]) for one in found}
            assert {one["label"] for one in found} == {label}
            feedback = {"request_id": request_id, "position": position, "label": files.WRITTEN[position - 1]}
            assert api.post("v1/feedback", json=feedback).json()["label"] == files.WRITTEN[position - 1]
            example = {"text": f"text {position}", "label": label}
            assert api.post("v1/examples", json=example).json()["results"] == ["stored"]
        old = api.post("v1/feedback", json={"request_id": request_id, "label": "sport"})
        assert old.status_code == 422
        assert [label for label in files.WRITTEN if f"`{label}`" not in old.json()["detail"]] == []
        stats = api.get("v1/stats").json()
    assert set(stats["labels"]) == set(files.WRITTEN) and stats["feedback"]["texts"] == len(files.WRITTEN)


def test_uncertain_answers_can_be_listed(deployed: Cloud, key: str, answer: dict[str, Any]) -> None:
    wanted = {position for position, one in enumerate(answer["predictions"]) if one["uncertain"]}
    everything = set(range(len(answer["predictions"])))
    assert wanted and wanted != everything
    with deployed.api(key=key) as api:
        for value, positions in (("true", wanted), ("false", everything - wanted)):
            listed = api.get("v1/requests", params={"uncertain": value}).json()["texts"]
            assert {one["position"] for one in listed if one["request_id"] == answer["request_id"]} == positions
        few = api.post("v1/classify", json={"inputs": "a", "top_k": 3}).json()
    assert (len(few["labels"]), few["labels_omitted"]) == (3, len(files.WRITTEN) - 3)


@pytest.mark.parametrize("name", ["c$1.parquet", "März & April/e.xlsx"])
def test_a_batch_of_the_same_files_is_answered(deployed: Cloud, tmp_path: Path, name: str) -> None:
    out = tmp_path / "Antworten & mehr.jsonl"
    source = deployed.folder / FOLDER / name
    options = ("--text-column", files.TEXT_COLUMN, "--top-k", "2", "--threshold", "0.5", "--json")
    result = json.loads(deployed.rubric("batch", str(source), str(out), *options).stdout)
    assert (result["failed"], result["missing"]) == (0, 0)
    assert set(result["labels"]) <= set(files.WRITTEN) and sum(result["labels"].values()) == result["answered"]
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len(lines) == result["answered"] and all(len(line["labels"]) == 2 for line in lines)


def test_the_console_shows_them(
    browser: Browser, deployed: Cloud, key: str, answer: dict[str, Any], shown: dict[str, Any]
) -> None:
    with opened(browser, deployed.status()["console_url"]) as console:
        console.use(key)
        requests = console.open_tab("Requests")
        rows = requests.locator("tbody tr")
        for label in ('R&D / "Science"', "<b>Übersicht</b>", "ஆரோக்கியம்"):
            requests.get_by_label("Label", exact=True).select_option(label)
            expect(rows.first).to_contain_text(label)
        stats = console.open_tab("Statistics").get_by_role("table", name="Texts by label")
        expect(stats.locator("tbody tr")).to_have_count(len(files.WRITTEN))
        heads = console.open_tab("Model").locator(".figures tbody th")
        expect(heads).to_have_text(files.WRITTEN)
        assert console.complaints == []
