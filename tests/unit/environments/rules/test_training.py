"""Training settings that cannot work are refused; similar ones that can are accepted."""

from __future__ import annotations

import json

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused, bedrock

REFUSED = [
    (
        "training: {max_runtime_minutes: 46}",
        "training.max_runtime_minutes: 46 is not allowed; CloudFormation waits 60 minutes for the first model, "
        "and other steps need 15",
    ),
    (
        "network: {mode: private}\ntraining: {isolated: false}",
        "training.isolated: False is not allowed; a job in a network without a way out cannot download its packages",
    ),
    (
        "training: {instance_type: ml.trn1.2xlarge}",
        "training.instance_type: 'ml.trn1.2xlarge' is not allowed; AWS's PyTorch images",
    ),
    (
        "training: {hyperparameters: {layers: 3}}",
        "training.hyperparameters.layers: 3 is not allowed; it is for the compact model only",
    ),
    ("training: {base_model: ./gone}", "training.base_model: './gone' is not allowed; the folder does not exist"),
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
        "training: {gate: {max_regression: 0.1, max_possible_regression: 0.05}}",
        "training.gate.max_possible_regression: 0.05 is not allowed; use training.gate.max_regression (0.1) or more",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


ALLOWED = [
    "training: {max_runtime_minutes: 45}",
    "training: {max_runtime_minutes: 300, longer_than_first_deploy: true}",
    json.dumps(json.loads(bedrock(backend="bedrock", labels=["A", "B"])) | {"training": {"max_runtime_minutes": 300}}),
    "training: {base_model: compact, hyperparameters: {layers: 3}}",
    "training: {instance_type: ml.p3.2xlarge}",
    "training: {instance_count: 4, spot: true, encrypt_traffic: false, hyperparameters: {batch_size: 4}}",
    "training: {hyperparameters: {epochs: 3, patience: 2, class_weights: balanced, warmup: 0.0, weight_decay: 0.01}}",
    "training: {hyperparameters: {patience: 5, gradient_accumulation: 2, token_masking: 0.1, processes_per_host: 2}}",
    "training: {gate: {max_regression: 0.02, max_possible_regression: 0.02}}",
    "training: {gate: {max_regression: 0.1}}",
    "training: {instance_type: ml.c7g.large, image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1}",
]


@pytest.mark.parametrize("override", ALLOWED)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)


@pytest.mark.parametrize(
    ("override", "isolated"),
    [
        ("project: news", False),
        ("training: {isolated: true}", True),
        ("network: {mode: private}", True),
        ("network: {mode: private}\ntraining: {isolated: true}", True),
    ],
)
def test_jobs_in_a_vpc_are_isolated(load_text: Loader, override: str, isolated: bool) -> None:
    assert load_text(override=override).isolated_training is isolated
