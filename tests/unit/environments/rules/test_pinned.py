"""Inputs of training must be pinned where its results are kept."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

REFUSED = [
    (
        "data: {retain: true}\ntraining: {base_model: distilbert-base-uncased}",
        "training.base_model: 'distilbert-base-uncased' is not allowed; add the hub's commit",
    ),
    (
        "training: {base_model: distilbert-base-uncased@main}",
        "training.base_model: 'distilbert-base-uncased@main' is not allowed; add the hub's commit",
    ),
    (
        "training: {isolated: true, base_model: distilbert-base-uncased}",
        "training.base_model: 'distilbert-base-uncased' is not allowed; add the hub's commit",
    ),
    (
        "data: {retain: true}\ntraining: {base_model: 's3://bucket/base/'}",
        "training.base_model: 's3://bucket/base/' is not allowed; set training.base_model_sha256",
    ),
    (
        f"training: {{base_model: compact, base_model_sha256: '{'0' * 64}'}}",
        f"training.base_model_sha256: '{'0' * 64}' is not allowed; it is for files in a folder or in S3",
    ),
    (
        f"data: {{dataset: {{source: s3, uri: 's3://bucket/x.csv', sha256: '{'0' * 64}'}}}}",
        f"data.dataset.sha256: '{'0' * 64}' is not allowed; it needs data.dataset.source: uci (now s3)",
    ),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


ALLOWED = [
    f"data: {{retain: true}}\ntraining: {{base_model: 's3://b0/base/', base_model_sha256: '{'0' * 64}'}}",
    "training: {base_model: distilbert-base-uncased}",
]


@pytest.mark.parametrize("override", ALLOWED)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)
