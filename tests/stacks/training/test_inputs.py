"""Tests the inputs of a training job: the code, the dataset, the base model, the hyperparameters."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Annotations, Match

from contracts.deployment import stack_outputs
from contracts.texts.label_mapping import LabelMapping
from tests.stacks.conftest import HUGGINGFACE, Synthesise, Synthesised
from tests.stacks.training.templates import environment_of, job_of

PINNED = "distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be"


def test_training_runs_our_script_with_what_is_set(dev: Synthesised) -> None:
    text = environment_of(dev, "PipelinePrepare")["HYPERPARAMETERS"]
    parts = (part if isinstance(part, str) else part["Fn::Sub"] for part in text["Fn::Join"][1])
    hyperparameters = json.loads("".join(parts))
    assert hyperparameters["sagemaker_program"] == "model_code/training/train.py"
    assert hyperparameters["sagemaker_submit_directory"].startswith(
        "s3://cdk-hnb659fds-assets-${AWS::AccountId}-us-east-1/"
    )
    assert hyperparameters["epochs"] == "2"
    assert "seed" not in hyperparameters
    assert all(isinstance(value, str) for value in hyperparameters.values())


def test_every_hyperparameter_of_the_settings_reaches_the_script_as_text(synthesise: Synthesise) -> None:
    chosen = {
        "epochs": 4, "gradient_accumulation": 2, "patience": 2, "class_weights": "balanced", "warmup": 0.1,
        "weight_decay": 0.0, "label_smoothing": 0.05, "token_masking": 0.15, "processes_per_host": 2,
    }  # fmt: skip
    changed = synthesise("dev", change=json.dumps({"training": {"hyperparameters": chosen}}))
    text = environment_of(changed, "PipelinePrepare")["HYPERPARAMETERS"]
    hyperparameters = json.loads("".join(part if isinstance(part, str) else "?" for part in text["Fn::Join"][1]))
    shown = json.loads(changed.template("training").to_json()["Outputs"]["Hyperparameters"]["Value"])
    assert {name: hyperparameters[name] for name in chosen} == {name: str(value) for name, value in chosen.items()}
    assert shown == {name: value for name, value in hyperparameters.items() if not name.startswith("sagemaker_")}


def test_the_kind_of_model_reaches_the_script_only_if_it_is_set(dev: Synthesised, synthesise: Synthesise) -> None:
    def told(synthesised: Synthesised) -> dict[str, str]:
        return json.loads(synthesised.template("training").to_json()["Outputs"]["Hyperparameters"]["Value"])

    assert "model" not in told(dev)
    assert told(synthesise("dev", change="training: {model: blend}"))["model"] == "blend"


def test_a_file_is_uploaded_and_named_where_the_pipeline_puts_it(local: Synthesised) -> None:
    variables = environment_of(local, "PipelinePrepare")
    assert (variables["DATASET_SOURCE"], variables["DATASET_FILE_NAME"]) == ("file", "headlines.csv")
    folder = variables["DATASET_ASSET_KEY"].removesuffix(".csv")
    output = local.template("training").to_json()["Outputs"]["DatasetUri"]["Value"]
    assert json.dumps(output).endswith(f'"/datasets/{folder}/headlines.csv"]]}}')


def test_several_files_become_one_archive_and_the_same_each_time(synthesise: Synthesise, tmp_path: Path) -> None:
    for name, content in {"2025/news.csv": "text,label\n", "2026/news.csv": "label,text\n", "more.jsonl": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    listed = [str(tmp_path / name) for name in ("2025", "2026/news.csv", "more.jsonl")]
    change = json.dumps({"data": {"dataset": {"source": "file", "path": listed}}})
    first, second = synthesise("dev", change=change), synthesise("dev", change=f"{change} ")
    variables = environment_of(first, "PipelinePrepare")
    assert variables["DATASET_FILE_NAME"] == "dataset.zip"
    assert variables["DATASET_ASSET_KEY"] == environment_of(second, "PipelinePrepare")["DATASET_ASSET_KEY"]
    staged = Path(first.app.outdir) / f"asset.{variables['DATASET_ASSET_KEY'].removesuffix('.zip')}"
    found = {str(path.relative_to(staged)): path.read_text("utf-8") for path in staged.rglob("*") if path.is_file()}
    assert found == {"1/2025/news.csv": "text,label\n", "2/news.csv": "label,text\n", "3/more.jsonl": ""}


def test_a_place_of_any_name_is_readable_and_told_in_ascii(synthesise: Synthesise) -> None:
    """IAM refuses characters beyond U+00FF, and CloudFormation shows none beyond ASCII in an output."""
    uri = "s3://our-news/Büro 100% *${a}/新聞/"
    changed = synthesise("dev", change=json.dumps({"data": {"dataset": {"source": "s3", "uri": uri}}}))
    assert environment_of(changed, "PipelinePrepare")["DATASET_URI"] == uri
    template = changed.template("training").to_json()
    told = template["Outputs"]["DatasetUri"]["Value"]
    assert told.isascii() and stack_outputs.as_written(told) == uri
    policies = json.dumps(
        [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Policy"],
        ensure_ascii=False,
    )
    # The job, the function that copies the dataset, and the one that decides whether to train again.
    assert policies.count("our-news/Büro 100% ???a?/??/*") == 3
    assert max(policies) <= "\xff"


def test_a_base_model_comes_from_the_hub_a_folder_or_s3(
    dev: Synthesised, synthesise: Synthesise, tmp_path: Any
) -> None:
    hub = environment_of(dev, "PipelinePrepare")
    assert (hub["BASE_MODEL"], hub["BASE_MODEL_URI"]) == (PINNED, "")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    folder = environment_of(synthesise("dev", change=f"training: {{base_model: '{tmp_path}'}}"), "PipelinePrepare")
    assert folder["BASE_MODEL"] == ""
    assert json.dumps(folder["BASE_MODEL_URI"]).count("cdk-hnb659fds-assets") == 1
    stored = environment_of(synthesise("dev", change="training: {base_model: 's3://bucket/base/'}"), "PipelinePrepare")
    assert (stored["BASE_MODEL"], stored["BASE_MODEL_URI"]) == ("", "s3://bucket/base/")


@pytest.mark.parametrize(
    ("base_model", "warned"),
    [
        (PINNED, False),
        ("distilbert-base-uncased", True),
        ("s3://bucket/base/", True),
        ("compact", False),
        ("./environments", False),
    ],
)
def test_a_base_model_that_may_change_under_its_name_is_warned_of(
    synthesise: Synthesise, base_model: str, warned: bool
) -> None:
    stack = synthesise("dev", change=f"training: {{base_model: '{base_model}'}}").stacks.training
    assert stack is not None
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert any("may change under its name" in str(entry.entry.data) for entry in found) == warned


def test_the_digest_of_a_base_model_reaches_the_training_script(synthesise: Synthesise) -> None:
    change = f"training: {{base_model: 's3://bucket/base/', base_model_sha256: '{'0' * 64}'}}"
    shown = synthesise("dev", change=change).template("training").to_json()["Outputs"]["Hyperparameters"]["Value"]
    assert json.loads(shown)["base_model_sha256"] == "0" * 64


def test_serving_packages_are_for_the_hugging_face_container_only(dev: Synthesised, synthesise: Synthesise) -> None:
    assert environment_of(dev, "PipelinePrepare")["SERVING_DEPS_URI"] == ""
    huggingface = synthesise("dev", change=HUGGINGFACE)
    assert environment_of(huggingface, "PipelinePrepare")["SERVING_DEPS_URI"] != ""


def test_columns_of_any_name_go_to_the_function_that_encodes_them(synthesise: Synthesise) -> None:
    changed = synthesise("dev", change="data: {dataset: {label_column: 'Class \"Index\" & 分类'}}")
    text = environment_of(changed, "PipelinePrepare")["HYPERPARAMETERS"]
    given = json.loads("".join(part if isinstance(part, str) else "?" for part in text["Fn::Join"][1]))
    assert given["label_column"] == 'Class "Index" & 分类'


def test_the_labels_mapping_is_uploaded_and_its_digest_is_a_hyperparameter(
    dev: Synthesised, synthesise: Synthesise
) -> None:
    assert "LABELS_URI" not in environment_of(dev, "PipelinePrepare")
    changed = synthesise("dev", change="data: {labels: {merge: {'R&D': [rd]}, drop: ['nan']}}")
    mapping = LabelMapping.of({"merge": {"R&D": ["rd"]}, "drop": ["nan"]})
    uri = json.dumps(environment_of(changed, "PipelinePrepare")["LABELS_URI"])
    told = json.loads(changed.template("training").to_json()["Outputs"]["Hyperparameters"]["Value"])
    assert told["labels_sha256"] == mapping.sha256
    key = uri.partition("us-east-1/")[2].partition(".json")[0]
    staged = Path(changed.app.asset_outdir) / f"asset.{key}.json"
    assert staged.read_text(encoding="utf-8") == mapping.to_json()


def test_an_isolated_job_gets_what_it_would_fetch_as_channels(synthesise: Synthesise, root: Path) -> None:
    isolated = synthesise("dev", change="training: {isolated: true}")
    request, variables = job_of(isolated), environment_of(isolated, "PipelinePrepare")
    assert request["EnableNetworkIsolation"] is True
    assert request["Environment"] == {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "/opt/ml/input/data/wheels",
        "HF_HUB_OFFLINE": "1",
    }
    text = json.dumps(variables["HYPERPARAMETERS"])
    [code] = re.findall(r"sagemaker_submit_directory\W+(/opt/ml/input/data/code/[0-9a-f]{64}\.gz)", text)
    assert json.dumps(variables["CODE_URI"]).endswith(f'/{code.rsplit("/", 1)[1]}"}}')
    lock = root / "model_code" / "training" / "requirements.lock"
    assert variables["WHEELS_LOCK_SHA256"] == hashlib.sha256(lock.read_bytes()).hexdigest()


def writers(synthesised: Synthesised, prefix: str) -> list[str]:
    """The policies that let anybody write under a prefix, or under all of a bucket."""
    return [
        name
        for name, policy in synthesised.everything("AWS::IAM::Policy").items()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "s3:PutObject" in json.dumps(statement["Action"])
        and (prefix in json.dumps(statement["Resource"]) or re.search(r'[^/]"/\*"', json.dumps(statement["Resource"])))
    ]


@pytest.mark.parametrize("role", ["PipelineJobRole", "PipelinePrepare"])
def test_only_runs_without_a_network_read_the_mirror(dev: Synthesised, synthesise: Synthesise, role: str) -> None:
    def policies(synthesised: Synthesised) -> str:
        found = synthesised.resources("training", "AWS::IAM::Policy")
        return json.dumps([policy for name, policy in found.items() if name.startswith(role)])

    isolated = policies(synthesise("dev", change="training: {isolated: true}"))
    assert "/mirror/*" in isolated and "/mirror/*" not in policies(dev)
    assert not writers(synthesise("dev", change="training: {isolated: true}"), "/mirror/")
    assert writers(dev, "/training/")  # that such a role would be found
    assert "EnableNetworkIsolation" not in job_of(dev) and "Environment" not in job_of(dev)
