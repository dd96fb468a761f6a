"""From labels that callers send to a dataset version, a model trained on it, and an erasure, on a full deployment."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cloud import Cloud


def said(cloud: Cloud, *arguments: str) -> Any:
    return json.loads(cloud.rubric("data", *arguments, "--json").stdout)


@pytest.fixture(scope="module")
def sent(deployed: Cloud) -> list[str]:
    """Texts that were labelled with a trusted key: two as examples, one as feedback."""
    name = uuid.uuid4().hex[:6]
    texts = [
        f"Nurse {name} cures hiccups in Ulm",
        f"Bank {name} lends to bakers in Graz",
        f"Choir {name} tours Iceland",
    ]
    made = json.loads(deployed.rubric("keys", "create", "--name", "desk", "--trusted", "--json").stdout)
    with deployed.api(key=made["key"]) as api:
        examples = [{"text": text, "label": label} for text, label in zip(texts, ("Health", "Business"), strict=False)]
        assert api.post("v1/examples", json={"examples": examples}).json()["stored"] == 2
        request_id = api.post("v1/classify", json={"inputs": texts[2]}).json()["request_id"]
        body = {"request_id": request_id, "label": "Entertainment"}
        assert api.post("v1/feedback", json=body).status_code == 200
    return texts


def test_labels_become_a_version_that_a_model_names(deployed: Cloud, sent: list[str], tmp_path: Path) -> None:
    first = said(deployed, "freeze")
    assert first["version"] == "v1" and first["new"] >= 3
    exported = tmp_path / "v1.csv"
    deployed.rubric("data", "export", "v1", "--output", str(exported))
    assert all(text in exported.read_text() for text in sent)
    said_twice = deployed.rubric("data", "freeze").stderr
    assert "Nothing to freeze: v1" in said_twice
    deployed.rubric("train", "--dataset", "latest", "--set", "model=linear", timeout=900)
    with deployed.api() as api:
        dataset = api.get("v1/model").json()["dataset"]
    assert (dataset["version"], dataset["manifest_sha256"]) == ("v1", first["manifest_sha256"])
    assert dataset["counts"] == {part: sum(of.values()) for part, of in first["parts"].items()}
    assert first["manifest_sha256"][:12] in deployed.rubric("models", "show", "serving").stdout


def test_an_erased_row_is_in_no_version_and_comes_back_in_none(
    deployed: Cloud, sent: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "text.txt"
    file.write_text(sent[0].upper())
    report = json.loads(deployed.rubric("erase", "--text", str(file), "--yes", "--json").stdout)
    erased = {store["store"]: store["erased"] for store in report["stores"]}
    assert (erased["ledger"], erased["dataset versions"]) == (1, 1)
    listed = {one["version"]: one["gone"] for one in said(deployed, "list")}
    assert listed == {"v1": True, "v1.1": False}
    refused = deployed.rubric("train", "--dataset", "v1", check=False)
    assert refused.returncode == 1 and "The rows of dataset version v1 are gone" in refused.stderr
    more = tmp_path / "more.csv"
    more.write_text(f"text,label\n{sent[0]},Health\nA new sentence about banks and nurses in Linz,Health\n")
    second = said(deployed, "freeze", "--dataset", str(more))
    assert (second["version"], second["parent"], second["new"]) == ("v2", "v1.1", 1)
    assert second["left_out"]["erased"] >= 1
