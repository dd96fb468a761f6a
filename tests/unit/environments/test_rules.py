"""Combinations that cannot work are refused, and their neighbours that can work are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from environments.settings import SettingsError
from tests.unit.environments.conftest import MINIMAL, Loader


def serverless(**changes: object) -> str:
    """An override that makes the endpoint a serverless one, with some settings of its own. JSON is YAML."""
    removed: dict[str, object] = {"instance_type": None, "min_instances": None, "max_instances": None}
    own = {"mode": "serverless", "serverless_memory_mb": 2048, "serverless_max_concurrency": 5}
    return json.dumps({"serving": {**removed, **own, **changes}})


NOVA = "amazon.nova-micro-v1:0"


def bedrock(*, backend: str = "sagemaker", fallback: str = "none", more: str = "", **changes: object) -> str:
    """An override that asks a Bedrock model."""
    section = {"backend": backend, "fallback": fallback, "bedrock": {"model_id": NOVA, **changes}}
    return json.dumps({"classifier": section | json.loads(more or "{}")})


REFUSED = [
    (
        bedrock(),
        f"classifier.bedrock.model_id: '{NOVA}' is not allowed; nothing asks Bedrock: set classifier.backend or",
    ),
    (
        bedrock(backend="bedrock", fallback="bedrock", labels=["A", "B"]),
        "classifier.fallback: 'bedrock' is not allowed; classifier.backend is bedrock already",
    ),
    (
        bedrock(backend="bedrock", labels=["A", "B"], more='{"endpoint_seconds": 3}'),
        "classifier.endpoint_seconds: 3 is not allowed; classifier.backend is bedrock: there is no endpoint",
    ),
    (
        bedrock(fallback="bedrock", model_id=None),
        "classifier.bedrock.model_id: is required; the permission to ask Bedrock is for one foundation model",
    ),
    (
        bedrock(fallback="bedrock", labels=["A", "B"]),
        "classifier.bedrock.labels: ['A', 'B'] is not allowed; a fallback chooses from the approved model's labels",
    ),
    (
        bedrock(backend="bedrock"),
        "classifier.bedrock.labels: is required; classifier.backend is bedrock: name at least two labels",
    ),
    (
        bedrock(backend="bedrock", labels=["A"]),
        "classifier.bedrock.labels: ['A'] is not allowed; classifier.backend is bedrock: name at least two labels",
    ),
    (
        bedrock(backend="bedrock", labels=["A", "B", "A"]),
        "classifier.bedrock.labels: ['A', 'B', 'A'] is not allowed; name each label once",
    ),
    (
        bedrock(fallback="bedrock", timeout_seconds=9),
        "classifier.bedrock.timeout_seconds: 9 is not allowed; with classifier.endpoint_seconds (6) it may be 14 at",
    ),
    (
        bedrock(fallback="bedrock", inference_profile="us.amazon"),
        "classifier.bedrock.inference_profile: 'us.amazon' is not allowed; use an inference profile's id such as",
    ),
    (
        bedrock(fallback="bedrock", model_id="nova micro"),
        "classifier.bedrock.model_id: 'nova micro' is not allowed; use a foundation model's id such as",
    ),
    (
        serverless(data_capture_percent=10),
        "serving.data_capture_percent: 10 is not allowed; a serverless endpoint has none of it",
    ),
    (
        serverless(instance_type="ml.g5.xlarge"),
        "serving.instance_type: 'ml.g5.xlarge' is not allowed; a serverless endpoint has none",
    ),
    (serverless(max_instances=2), "serving.max_instances: 2 is not allowed; a serverless endpoint has none of it"),
    (
        serverless(canary_percent=10),
        "serving.canary_percent: 10 is not allowed; a serverless endpoint has none of it",
    ),
    (
        serverless(serverless_memory_mb=None),
        "serving.serverless_memory_mb: is required; serving.mode is serverless",
    ),
    (
        "serving: {serverless_memory_mb: 1024}",
        "serving.serverless_memory_mb: 1024 is not allowed; a real-time endpoint has none of it",
    ),
    ("serving: {instance_type: null}", "serving.instance_type: is required; serving.mode is real-time"),
    (
        "serving: {instance_type: ml.g5.xlarge}",
        "serving.instance_type: 'ml.g5.xlarge' is not allowed; the served model is int8",
    ),
    (
        "serving: {instance_type: ml.c7g.large}",
        "serving.instance_type: 'ml.c7g.large' is not allowed; the served model is int8",
    ),
    (
        "training: {max_runtime_minutes: 46}",
        "training.max_runtime_minutes: 46 is not allowed; CloudFormation waits 60 minutes for the first model, and 15",
    ),
    ("serving: {min_instances: 2}", "serving.max_instances: 1 is not allowed; use serving.min_instances (2) or more"),
    (
        "serving: {max_instances: 3}",
        "serving.target_invocations_per_instance: is required; max_instances is above min_instances",
    ),
    (
        "serving: {target_invocations_per_instance: 9}",
        "serving.target_invocations_per_instance: 9 is not allowed; nothing scales",
    ),
    (
        "serving: {canary_percent: 10}",
        "serving.canary_percent: 10 is not allowed; SageMaker's canary is at most half of the instances",
    ),
    (
        "serving: {container: lean}",
        "serving.image_build: is required; serving.container is lean: use docker or codebuild, or name an image",
    ),
    (
        "serving: {container: lean, image_build: docker, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1}",
        "serving.image_build: 'docker' is not allowed; serving.image names an image that is there already",
    ),
    (
        "serving: {image_build: codebuild}",
        "serving.image_build: 'codebuild' is not allowed; it is for serving.container lean, which is huggingface",
    ),
    (
        "serving: {max_waiting_texts: 100}",
        "serving.max_waiting_texts: 100 is not allowed; it is for serving.container lean, which is huggingface",
    ),
    (
        "serving: {container: lean, image_build: docker, workers: 2}",
        "serving.workers: 2 is not allowed; it is for serving.container huggingface, which is lean",
    ),
    ("data: {dataset: {source: file}}", "data.dataset.path: is required; data.dataset.source is file"),
    ("data: {dataset: {source: s3}}", "data.dataset.uri: is required; data.dataset.source is s3"),
    (
        "data: {dataset: {path: x.csv}}",
        "data.dataset.path: 'x.csv' is not allowed; it goes with data.dataset.source file, which is uci",
    ),
    (
        "data: {dataset: {source: s3, uri: 's3://bucket/x.csv', url: 'https://mirror.example/x.zip'}}",
        "data.dataset.url: 'https://mirror.example/x.zip' is not allowed; it goes with data.dataset.source uci",
    ),
    (
        "data: {dataset: {source: file, path: gone.csv}}",
        "data.dataset.path: 'gone.csv' is not allowed; there is no such file",
    ),
    (
        "training: {instance_type: ml.trn1.2xlarge}",
        "training.instance_type: 'ml.trn1.2xlarge' is not allowed; AWS's PyTorch images",
    ),
    (
        "training: {hyperparameters: {layers: 3}}",
        "training.hyperparameters.layers: 3 is not allowed; it shapes the compact model only",
    ),
    (
        "data: {retain: true}\ntraining: {base_model: distilbert-base-uncased}",
        "training.base_model: 'distilbert-base-uncased' is not allowed; name the hub's commit as well",
    ),
    (
        "training: {base_model: distilbert-base-uncased@main}",
        "training.base_model: 'distilbert-base-uncased@main' is not allowed; name the hub's commit as well",
    ),
    (
        "data: {retain: true}\ntraining: {base_model: 's3://bucket/base/'}",
        "training.base_model: 's3://bucket/base/' is not allowed; set training.base_model_sha256",
    ),
    (
        f"training: {{base_model: compact, base_model_sha256: '{'0' * 64}'}}",
        f"training.base_model_sha256: '{'0' * 64}' is not allowed; it goes with files of a folder or in S3",
    ),
    (
        f"data: {{dataset: {{source: s3, uri: 's3://bucket/x.csv', sha256: '{'0' * 64}'}}}}",
        f"data.dataset.sha256: '{'0' * 64}' is not allowed; it goes with data.dataset.source uci, which is s3",
    ),
    ("training: {base_model: ./gone}", "training.base_model: './gone' is not allowed; there is no such folder"),
    (
        "training: {hyperparameters: {test_fraction: 0.5}}",
        "training.hyperparameters.test_fraction: 0.5 is not allowed; use less than 0.5",
    ),
    (
        "training: {instance_count: 4, hyperparameters: {batch_size: 7, processes_per_host: 2}}",
        "training.hyperparameters.batch_size: 7 is not allowed; the 8 training processes share it: use 8 or more",
    ),
    (
        "training: {hyperparameters: {epochs: 3, patience: 3}}",
        "training.hyperparameters.patience: 3 is not allowed; training ends after 3 epochs",
    ),
    (
        "training: {base_model: compact, hyperparameters: {hidden_size: 100, heads: 3}}",
        "training.hyperparameters.hidden_size: 100 is not allowed; use a multiple of training.hyperparameters.heads",
    ),
    (
        "training: {hyperparameters: {class_weights: some}}",
        "training.hyperparameters.class_weights: 'some' is not allowed; use one of: none, balanced",
    ),
    (
        "training: {hyperparameters: {label_smoothing: 1.0}}",
        "training.hyperparameters.label_smoothing: 1.0 is not allowed; use less than 1",
    ),
    ("training: {instance_count: 17}", "training.instance_count: 17 is not allowed; use 16 or less"),
    ("training: {instance_count: 0}", "training.instance_count: 0 is not allowed; use 1 or more"),
    (
        "training: {gate: {max_regression: 0.1, max_possible_regression: 0.05}}",
        "training.gate.max_possible_regression: 0.05 is not allowed; use training.gate.max_regression (0.1) or more",
    ),
    (
        "api: {cors_origins: ['*', 'https://a.example']}",
        "api.cors_origins: ['*', 'https://a.example'] is not allowed; * stands alone",
    ),
    (
        "data: {request_log_text: drop}\nserving: {data_capture_percent: 10}",
        "serving.data_capture_percent: 10 is not allowed; data capture keeps whole texts in S3",
    ),
    ("api: {auth: jwt}", "api.jwt: is required; api.auth is jwt: give issuer and audience"),
    ("api: {auth: jwt, jwt: {issuer: https://i.example}}", "api.jwt.audience"),
    ("api: {auth: jwt, jwt: {issuer: http://i.example, audience: [a]}}", "api.jwt.issuer"),
    (
        "api: {jwt: {issuer: https://i.example, audience: [a]}}",
        "api.jwt: 'https://i.example' is not allowed; it goes with api.auth jwt, which is keys",
    ),
    ("data: {request_log_text: none}", "data.request_log_text: 'none' is not allowed; use one of: store, hash, drop"),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_text(override=override)
    message = str(caught.value)
    assert message.split(": ", maxsplit=1)[1].startswith(expected)
    assert "\n" not in message


ALLOWED = [
    "training: {max_runtime_minutes: 45}",
    "training: {max_runtime_minutes: 300, longer_than_first_deploy: true}",
    json.dumps(json.loads(bedrock(backend="bedrock", labels=["A", "B"])) | {"training": {"max_runtime_minutes": 300}}),
    bedrock(backend="bedrock", labels=["A", "B"], timeout_seconds=16, region="eu-west-1"),
    bedrock(fallback="bedrock", inference_profile=f"us.{NOVA}", timeout_seconds=8),
    bedrock(
        fallback="bedrock",
        inference_profile="arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
        more='{"endpoint_seconds": 4}',
        timeout_seconds=10,
    ),
    serverless(canary_wait_seconds=0),
    "serving: {min_instances: 2, max_instances: 2, canary_percent: 50}",
    "serving: {max_instances: 3, target_invocations_per_instance: 100}",
    "serving: {container: lean, image_build: docker, threads: 2, max_waiting_texts: 100, max_batch_tokens: 2048}",
    "serving: {container: lean, image_build: codebuild, request_seconds: 5}",
    "serving: {container: lean, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1}",
    "serving: {workers: 2, threads: 1, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1}",
    serverless(container="lean", image_build="codebuild"),
    "training: {base_model: compact, hyperparameters: {layers: 3}}",
    f"data: {{retain: true}}\ntraining: {{base_model: 's3://b0/base/', base_model_sha256: '{'0' * 64}'}}",
    "training: {base_model: distilbert-base-uncased}",
    "training: {instance_type: ml.p3.2xlarge}",
    "training: {instance_count: 4, spot: true, encrypt_traffic: false, hyperparameters: {batch_size: 4}}",
    "training: {hyperparameters: {epochs: 3, patience: 2, class_weights: balanced, warmup: 0.0, weight_decay: 0.01}}",
    "training: {hyperparameters: {patience: 5, gradient_accumulation: 2, token_masking: 0.1, processes_per_host: 2}}",
    "training: {gate: {max_regression: 0.02, max_possible_regression: 0.02}}",
    "training: {gate: {max_regression: 0.1}}",
    "training: {instance_type: ml.c7g.large, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1}",
    "data: {dataset: {source: s3, uri: 's3://bucket/x.csv'}}",
    "data: {dataset: {source: file, path: build/dataset/headlines.csv}}",
    "data: {retain: false, point_in_time_recovery: true}",
]


@pytest.mark.parametrize("override", ALLOWED)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)


def test_a_file_of_the_repository_and_an_absolute_one_are_found(load_text: Loader, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("text,label\n", encoding="utf-8")
    for path in ("mine.csv", str(tmp_path / "mine.csv")):
        settings = load_text(override=f"data: {{dataset: {{source: file, path: {path}}}}}")
        assert settings.data.dataset.path == path


def test_the_minimal_environment_is_the_one_that_the_others_change(load_text: Loader) -> None:
    assert load_text(MINIMAL).serving.max_instances == 1


@pytest.mark.parametrize(
    ("given", "expected"), [("", 0.05), ("max_regression: 0.1", 0.1), ("max_possible_regression: 0.2", 0.2)]
)
def test_the_possible_regression_is_never_below_the_allowed_one(load_text: Loader, given: str, expected: float) -> None:
    gate = load_text(override=f"training: {{gate: {{{given}}}}}").training.gate
    assert gate.possible_regression == expected
