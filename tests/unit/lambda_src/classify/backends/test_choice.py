"""Tests classify/backends/choice.py: the settings choose the backend, and only that one is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lambda_src.classify.backends import approved_labels, bedrock, choice, endpoint, fallback
from lambda_src.classify.environment import ClassifySettings
from lambda_src.common import environment

BASE: dict[str, Any] = {
    "request_log_table": "t",
    "log_dlq_url": "u",
    "request_log_days": 1,
    "request_log_shards": 1,
    "request_log_text": "store",
    "answers_table": "a",
    "environment": "dev",
}


LABELS = ["Business", "Entertainment", "Health"]

MODEL = "amazon.nova-micro-v1:0"


ROOT = Path(__file__).resolve().parents[5]


@pytest.mark.parametrize(
    ("chosen", "missing"),
    [
        ({}, "ENDPOINT_NAME not set"),
        ({"backend": "bedrock", "bedrock_labels": LABELS}, "BEDROCK_MODEL_ID not set"),
        ({"backend": "bedrock", "bedrock_model_id": MODEL}, "APPROVED_MODEL_PARAMETER, ARTIFACT_BUCKET not set"),
        ({"endpoint_name": "e", "fallback": "bedrock", "bedrock_labels": LABELS}, "BEDROCK_MODEL_ID not set"),
    ],
)
def test_a_backend_without_its_variables_is_refused(chosen, missing):
    with pytest.raises(environment.SettingsError, match=missing):
        ClassifySettings(**BASE, **chosen)


def test_which_port_answers(account, logger):
    plain = ClassifySettings(**BASE, endpoint_name="e")
    alone = ClassifySettings(**BASE, backend="bedrock", bedrock_model_id=MODEL, bedrock_labels=LABELS)
    both = ClassifySettings(
        **BASE,
        endpoint_name="e",
        endpoint_seconds=6,
        fallback="bedrock",
        bedrock_model_id=MODEL,
        approved_model_parameter="/p",
        artifact_bucket="b",
    )
    assert isinstance(choice.make(plain, logger=logger), endpoint.Endpoint)
    assert isinstance(choice.make(alone, logger=logger), bedrock.BedrockModel)
    port = choice.make(both, logger=logger)
    assert isinstance(port, fallback.WithFallback)
    first, second = port._first, port._second
    assert isinstance(first, endpoint.Endpoint) and isinstance(second, bedrock.BedrockModel)
    assert isinstance(second._labels, approved_labels.ApprovedLabels)
    assert first._runtime.meta.config.read_timeout == 6


def test_who_has_only_an_endpoint_imports_nothing_of_bedrock():
    program = (
        "import sys; from lambda_src.classify import handler\nfrom lambda_src.classify.backends import choice\n"
        "from lambda_src.classify.environment import ClassifySettings\n"
        "choice.make(ClassifySettings(request_log_table='t', log_dlq_url='u', request_log_days=1, environment='e',"
        "request_log_shards=1, request_log_text='store', answers_table='a',"
        " endpoint_name='e'), logger=None)\n"
        "print(sorted(m for m in sys.modules if m.startswith('lambda_src.classify.')))"
    )
    variables = {"AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_METRICS_NAMESPACE": "R", "POWERTOOLS_SERVICE_NAME": "s"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    )
    assert "backends.choice" in done.stdout
    assert not [name for name in ("bedrock", "fallback", "approved_labels") if f".{name}'" in done.stdout]
