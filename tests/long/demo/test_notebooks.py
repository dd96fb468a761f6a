"""Runs the notebooks from the first cell to the last, as a user does after `make notebooks`."""

import csv
import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from playwright.sync_api import Browser, expect

from tests.e2e.cloud import ROOT, Cloud
from tools.browser.console_page import opened

PYTHON = ROOT / ".venv-notebooks/bin/python"
NAMES = ("eda", "training", "deployment", "sentiment")
ROWS = 500
PUBLISHERS = ("Daily Courier", "Evening Post", "Weekly Review")
CATEGORIES = {"Business": "b", "Entertainment": "e", "Health": "m", "Science": "t"}
LIMIT_SECONDS = 600  # one of them deploys


@dataclass(frozen=True)
class Run:
    """An executed notebook: its cells' output and charts."""

    text: str
    complaints: str
    charts: str

    @classmethod
    def of(cls, path: Path) -> "Run":
        outputs = [output for cell in json.loads(path.read_text())["cells"] for output in cell.get("outputs", [])]
        return cls(
            text="".join(_joined(output["text"]) for output in outputs if output.get("name") == "stdout"),
            complaints="".join(_joined(output["text"]) for output in outputs if output.get("name") == "stderr"),
            charts="".join(_joined(output.get("data", {}).get("text/html", "")) for output in outputs),
        )

    @property
    def titles(self) -> list[str]:
        """The charts' titles."""
        return re.findall(r"<svg[^>]*><title[^>]*>([^<]*)</title>", self.charts)

    def figure(self, pattern: str) -> float:
        """The number that the pattern's group finds in the output."""
        result = re.search(pattern, self.text)
        assert result, f"no {pattern!r} in:\n{self.text}"
        return float(result[1])


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file laid out as the UCI News Aggregator: headlines with publishers, stories and times."""
    path = tmp_path_factory.mktemp("notebooks") / "newsCorpora.csv"
    with (ROOT / "build/dataset/headlines.csv").open(newline="") as source, path.open("w", newline="") as target:
        for number, row in zip(range(1, ROWS + 1), csv.DictReader(source), strict=False):
            publisher, time = PUBLISHERS[number % len(PUBLISHERS)], 1_394_000_000_000 + number * 3_600_000
            fields = (number, row["title"], f"https://news.example/{number}", publisher, CATEGORIES[row["category"]],
                      f"story{number}", "news.example", time)  # fmt: skip
            target.write("\t".join(map(str, fields)) + "\n")
    return path


@pytest.fixture(scope="module")
def runs(deployed: Cloud, news: Path) -> dict[str, Run]:
    """All of them, executed side by side; a cell that fails fails this with its traceback."""
    assert PYTHON.exists(), "the notebooks' environment is not set up: `make test-notebooks` does it"
    bucket = deployed.outputs("Data")["DatasetBucketName"]
    deployed.client("s3").upload_file(str(news), bucket, "datasets/notebooks/newsCorpora.csv")
    environment = deployed.environment | {
        "RUBRIC_API_KEY": deployed.status()["api_key"],
        "RUBRIC_NOTEBOOK_FILE": str(news),
        "RUBRIC_NOTEBOOK_DATASET": f"s3://{bucket}/datasets/notebooks/newsCorpora.csv",
        "RUBRIC_NOTEBOOK_EPOCHS": "2",
        "RUBRIC_NOTEBOOK_REGISTER": "1",
        "RUBRIC_NOTEBOOK_CALLS": "50",
        "IPYTHONDIR": str(news.parent / "ipython"),
    }
    with TemporaryDirectory(dir="/tmp") as sockets:  # a socket's path has at most 107 bytes
        executions = {name: _execute(name, news.parent, environment, Path(sockets)) for name in NAMES}
        try:
            outputs = {name: process.communicate(timeout=LIMIT_SECONDS)[0] for name, process in executions.items()}
        finally:
            for process in executions.values():
                process.kill()
    failed = [f"{name}.ipynb:\n{outputs[name][-6000:]}" for name, process in executions.items() if process.returncode]
    assert not failed, "\n".join(failed)
    return {name: Run.of(news.parent / f"{name}.ipynb") for name in NAMES}


def _execute(name: str, folder: Path, environment: dict[str, str], sockets: Path) -> "subprocess.Popen[str]":
    command = [str(PYTHON), "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", f"notebooks/{name}.ipynb"]
    # A TCP port that Jupyter finds free may be taken before the kernel binds it; a socket's file cannot.
    command += ["--KernelManager.transport=ipc", f"--KernelManager.ip={sockets / name}", "--output-dir", str(folder)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def job(runs: dict[str, Run]) -> str:
    """The training job of training.ipynb."""
    result = re.search(r"^rubric-local-notebook-\d+$", runs["training"].text, flags=re.MULTILINE)
    assert result
    return result[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_says_nothing_but_what_it_is_for(runs: dict[str, Run], name: str) -> None:
    assert runs[name].complaints == ""


def test_the_analysis_counts_every_row_and_draws_every_question(runs: dict[str, Run]) -> None:
    run = runs["eda"]
    assert f"{ROWS} rows read" in run.text
    assert "no figure for" not in run.text
    for word in ("each label", "length in words", "word pieces", "publishers", "distinctive terms of Health", "by day"):
        assert any(word in title for title in run.titles), f"no chart of {word} among {run.titles}"


def test_the_analysis_measures_the_leak_of_a_random_split(runs: dict[str, Run]) -> None:
    assert runs["eda"].figure(r"this split of ([\d.]+)%") == 0
    assert 0 <= runs["eda"].figure(r"a random split has a copy of ([\d.]+)% in training") <= 100


def test_model_trainer_runs_the_training_code_with_the_notebooks_settings(
    runs: dict[str, Run], job: str, deployed: Cloud
) -> None:
    described = deployed.client("sagemaker").describe_training_job(TrainingJobName=job)
    assert described["TrainingJobStatus"] == "Completed"
    assert described["AlgorithmSpecification"]["ContainerEntrypoint"] == ["/bin/bash"]
    assert described["HyperParameters"]["epochs"] == "2"
    measured = {metric["MetricName"]: metric["Value"] for metric in described["FinalMetricDataList"]}
    assert runs["training"].figure(r"test:accuracy = ([\d.]+)") == pytest.approx(measured["test:accuracy"], abs=1e-3)


def test_the_training_notebook_shows_figures_and_charts_of_the_new_model(runs: dict[str, Run]) -> None:
    run = runs["training"]
    for name in ("this model", "baseline", "approved"):
        assert 0 < run.figure(rf"{name} +accuracy ([\d.]+)") <= 1
    for word in ("F1 of each label", "Confusion", "Loss", "Reliability"):
        assert any(word in title for title in run.titles), f"no chart of {word} among {run.titles}"


def test_a_model_of_a_notebook_waits_in_the_registry_and_does_not_serve(
    runs: dict[str, Run], job: str, deployed: Cloud
) -> None:
    models = json.loads(deployed.rubric("models", "list", "--json").stdout)
    [made] = [model for model in models if model["version"] == job]
    assert made["approval"] == "PendingManualApproval" and not made["in_use"]
    assert f"/models/{job}/output/" in made["artifact_uri"]
    refused = deployed.rubric("models", "promote", job, check=False)
    assert refused.returncode != 0 and f"rubric models approve {job}" in refused.stderr
    serving = deployed.status()["model_version"]
    assert serving != job and f"serving now: {serving}" in runs["training"].text


def test_what_the_sdk_stages_stays_where_the_jobs_role_may_read(job: str, deployed: Cloud) -> None:
    described = deployed.client("sagemaker").describe_training_job(TrainingJobName=job)
    places = {each["ChannelName"]: each["DataSource"]["S3DataSource"]["S3Uri"] for each in described["InputDataConfig"]}
    written = f"s3://{deployed.outputs('Data')['ArtifactBucketName']}/training/"
    assert places["code"].startswith(written) and places["sm_drivers"].startswith(written)
    buckets = {bucket["Name"] for bucket in deployed.client("s3").list_buckets()["Buckets"]}
    assert not [name for name in buckets if name.startswith("sagemaker-")]


def test_the_deployment_notebook_asks_the_model_that_serves_in_every_way(runs: dict[str, Run], deployed: Cloud) -> None:
    run = runs["deployment"]
    version = deployed.status()["model_version"]
    answers = run.text.count(f'"model_version": "{version}"') + run.text.count(f'"model_version":"{version}"')
    # One from the SDK, four JSON lines, four lines of CSV, and the API's description of the model.
    assert answers == 10, run.text
    assert run.text.count("Shares slide as bank warns") == 2, "the list, of the endpoint and of the API"
    assert "InService" in run.text and f"model {version}" in run.text
    assert "401" in run.text and "urn:rubric:problem:key-malformed" in run.text


def test_the_deployment_notebook_shows_how_long_calls_take(runs: dict[str, Run]) -> None:
    run = runs["deployment"]
    assert 0 < run.figure(r"50 calls: p50 ([\d.]+) ms") <= run.figure(r"p95 ([\d.]+) ms")
    assert any("Latency" in title for title in run.titles)


def test_a_second_task_goes_from_data_to_api_beside_the_news(runs: dict[str, Run], deployed: Cloud) -> None:
    run = runs["sentiment"]
    assert "4,000 reviews, columns bewertung, stimmung" in run.text
    assert "Sentiment of reviews: reviews (de)" in run.text and "linear, labels negativ, neutral, positiv" in run.text
    assert run.text.count(" right: ") == 4, run.text
    assert run.figure(r"^accuracy ([\d.]+)".replace("^", "\n")) >= 0.85
    assert re.search(r"^rubric-local InService$", run.text, re.MULTILINE)
    assert re.search(r"^rubric-sentiment InService$", run.text, re.MULTILINE)
    assert any("Confusion" in title for title in run.titles)
    news = {"inputs": "Shares slide as bank warns of higher rates"}
    key = {"x-api-key": deployed.status()["api_key"]}
    answer = httpx.post(f"{deployed.outputs('Api')['ApiUrl'].rstrip('/')}/v1/classify", json=news, headers=key)
    assert answer.json()["predicted_label"] in CATEGORIES


@pytest.fixture(scope="module")
def sentiment(runs: dict[str, Run], deployed: Cloud) -> dict[str, str]:
    """The outputs of the second task's stacks."""
    assert runs["sentiment"]
    stacks = deployed.client("cloudformation").describe_stacks()["Stacks"]
    ours = [stack for stack in stacks if stack["StackName"].startswith("Rubric-sentiment-")]
    return {each["OutputKey"]: each["OutputValue"] for stack in ours for each in stack.get("Outputs", [])}


def test_the_second_tasks_console_and_contract_speak_of_its_own_texts(
    sentiment: dict[str, str], browser: Browser
) -> None:
    url = sentiment["ApiUrl"].rstrip("/")
    contract = httpx.get(f"{url}/openapi.json").text
    assert not re.search("headline|Business|Entertainment", contract, re.IGNORECASE)
    with opened(browser, sentiment["ConsoleUrl"]) as console:
        expect(console.page.get_by_label("Reviews, one per line")).to_have_attribute("lang", "de")
        console.page.get_by_role("button", name="Fill in examples").click()
        expect(console.page.get_by_label("Reviews, one per line")).to_have_value(re.compile("Kaffeemaschine"))
        for name in ("Requests", "Label", "Statistics", "Model", "Drift", "Use it from code"):
            panel = console.open_tab(name)
            assert "headline" not in panel.inner_text().lower(), name
        assert console.complaints == []


def test_the_package_of_the_second_task_names_its_bill_of_materials(sentiment: dict[str, str], deployed: Cloud) -> None:
    sagemaker = deployed.client("sagemaker")
    listed = sagemaker.list_model_packages(ModelPackageGroupName=sentiment["ModelPackageGroupName"])
    [summary] = listed["ModelPackageSummaryList"]
    package = sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])
    metadata = package["CustomerMetadataProperties"]
    bucket, _, key = metadata["sbom_uri"].removeprefix("s3://").partition("/")
    written = deployed.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert hashlib.sha256(written).hexdigest() == metadata["sbom_sha256"]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written.decode()) is None
    components = {each["bom-ref"]: each for each in json.loads(written)["components"]}
    assert components["dataset"]["hashes"][0]["content"] == metadata["dataset_sha256"]
    assert "headline" not in package["ModelCard"]["ModelCardContent"]
