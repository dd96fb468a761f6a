"""Tests loading an environment: the shipped files, and defaults."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from environments.settings import load
from tests.unit.environments.conftest import MINIMAL, Loader

REPOSITORY = Path(__file__).resolve().parents[3]
SHIPPED = ("local", "dev", "prod", "sentiment")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_environment_loads(name: str, tmp_path: Path) -> None:
    shutil.copytree(
        REPOSITORY / "environments", tmp_path / "environments", ignore=shutil.ignore_patterns("*.override.*")
    )
    assert load(name, root=tmp_path).name == name


def test_local_is_the_embedded_account_and_trains_without_a_download(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    shutil.copy(REPOSITORY / "environments" / "local.yaml", tmp_path / "environments")
    local = load("local", root=tmp_path)
    assert (local.account, local.region) == ("000000000000", "us-east-1")
    assert (local.training.base_model, local.data.dataset.path) == ("compact", ["build/dataset/headlines.csv"])


def test_defaults(load_text: Loader) -> None:
    settings = load_text()
    assert settings.data.encryption == "s3"
    assert settings.training.base_model == "distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be"
    assert settings.training.gate.max_regression == 0.01
    assert settings.api.key_cache_seconds == 60
    assert settings.account is None


def test_the_minimal_environment_is_the_one_that_the_others_change(load_text: Loader) -> None:
    assert load_text(MINIMAL).serving.max_instances == 1
