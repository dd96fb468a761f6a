"""Names of columns and labels that a shell, HTML, JSON or a metric could misread, from the file to the registry."""

from __future__ import annotations

import csv
import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from contracts.models import hyperparameters
from contracts.texts.label_mapping import LabelMapping
from lambda_src.classify.backends import bedrock
from lambda_src.pipeline.gate import card
from model_code.dataset_generator import generate_headlines
from tests.clone import ROOT
from tests.unit.lambda_src.pipeline.gate.model_card_schema import CARD

PYTHON = ROOT / ".venv-model" / "bin" / "python"
TEXT, LABEL = 'Text & "body" / $HOME', "Class Index"
LABELS = ['R&D / "Science"', "<b>it's $HOME</b>", "क्रिकेट", "體育;新聞"]
MAPPED = {"rename": {"old & odd": LABELS[1]}, "merge": {LABELS[2]: [LABELS[2], "cricket"]}, "drop": ["nan"]}
FILED = [LABELS[0], "old & odd", LABELS[2], LABELS[3], "cricket", "nan"]
SMALL = {"epochs": "1", "hidden_size": "64", "heads": "2", "vocab_size": "1200", "batch_size": "16"}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, str]]:
    """A job as an old toolkit starts it, all words joined by spaces for a shell: folder, log, hyperparameters."""
    base = tmp_path_factory.mktemp("job")
    for name in ("dataset", "labels"):
        (base / "input" / "data" / name).mkdir(parents=True)
    with (base / "input/data/dataset/my data.csv").open("w", encoding="utf-8", newline="") as file:
        headlines = generate_headlines.headlines(300, seed=5)
        rows = ([text, FILED[number % len(FILED)]] for number, (text, _) in enumerate(headlines))
        csv.writer(file).writerows([[TEXT, LABEL], *rows])
    mapping = LabelMapping.of(MAPPED)
    assert mapping.fault() is None
    (base / "input/data/labels/0abc.json").write_text(mapping.to_json(), encoding="utf-8")
    values = {**SMALL, "text_column": TEXT, "label_column": LABEL, "labels_sha256": mapping.sha256}
    given = hyperparameters.for_job(values)
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    script = shlex.join([str(PYTHON), str(ROOT / "model_code/training/train.py")])
    environ = {**os.environ, "SAGEMAKER_BASE_DIR": str(base)}
    command = ["/bin/sh", "-c", " ".join([script, *words])]
    done = subprocess.run(command, env=environ, cwd=base, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return base, done.stdout, given


@pytest.fixture(scope="module")
def evaluation(job: tuple[Path, str, dict[str, str]]) -> dict[str, Any]:
    return dict(json.loads((job[0] / "model/evaluation.json").read_text(encoding="utf-8")))


def test_the_job_has_the_users_names_and_says_what_it_changed(
    job: tuple[Path, str, dict[str, str]], evaluation: dict[str, Any]
) -> None:
    assert f"label 'old & odd': 50 rows became {LABELS[1]!r}" in job[1]
    assert evaluation["labels"] == json.loads((job[0] / "model/labels.json").read_text()) == sorted(LABELS)
    assert (evaluation["hyperparameters"]["text_column"], evaluation["hyperparameters"]["label_column"]) == (
        TEXT,
        LABEL,
    )
    assert evaluation["data"]["label_mapping"] == [
        {"label": "cricket", "becomes": LABELS[2], "rows": 50},
        {"label": "nan", "becomes": None, "rows": 50},
        {"label": "old & odd", "becomes": LABELS[1], "rows": 50},
    ]


def test_the_report_shows_the_names_and_none_is_markup(job: tuple[Path, str, dict[str, str]]) -> None:
    page = (job[0] / "model/report.html").read_text(encoding="utf-8")
    assert "<b>it" not in page and "&lt;b&gt;it&#39;s $HOME&lt;/b&gt;" in page
    assert "R&amp;D / &#34;Science&#34;" in page and "क्रिकेट" in page and "Labels changed by data.labels" in page


def test_the_model_card_has_them_and_fits_its_schema(job: tuple[Path, str, dict[str, str]], evaluation: Any) -> None:
    training = {"hyperparameters": {**job[2], "sagemaker_program": "train.py"}}
    uri = "s3://artifacts/models/job-1/output/model.tar.gz"
    content = json.loads(
        card.content(evaluation, job_name="job-1", artifact_uri=uri, training=training, reason="Good.")
    )
    jsonschema.validate(content, CARD)
    assert all(label in content["intended_uses"]["purpose_of_model"] for label in LABELS)
    given = content["training_details"]["training_job_details"]["user_provided_hyper_parameters"]
    assert {"name": "label_column", "value": LABEL} in given
    changed = content["additional_information"]["custom_details"]["labels changed"]
    assert (
        changed
        == f"cricket is now {LABELS[2]} (50 rows); nan left out (50 rows); old & odd is now {LABELS[1]} (50 rows)"
    )


def test_a_bedrock_model_is_offered_them_as_they_are() -> None:
    asked = bedrock.request("a text", model_id="amazon.nova-micro-v1:0", labels=LABELS)
    schema = asked["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"]
    assert schema["properties"]["label"]["enum"] == LABELS
