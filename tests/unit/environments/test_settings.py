"""Loading an environment: the shipped files, defaults, overrides, names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from environments.settings import SettingsError, load
from tests.unit.environments.conftest import MINIMAL, Loader

REPOSITORY = Path(__file__).resolve().parents[3]
SHIPPED = ("local", "dev", "prod")


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
    assert (local.training.base_model, local.data.dataset.path) == ("compact", "build/dataset/headlines.csv")


def test_defaults(load_text: Loader) -> None:
    settings = load_text()
    assert settings.data.encryption == "s3"
    assert settings.training.base_model == "distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be"
    assert settings.training.gate.max_regression == 0.01
    assert settings.api.key_cache_seconds == 60
    assert settings.account is None


def test_names_follow_from_the_file(load_text: Loader) -> None:
    settings = load_text(name="staging")
    assert settings.prefix == "rubric-staging"
    assert settings.stack_name("Data") == "Rubric-staging-Data"
    assert settings.approved_model_parameter == "/rubric/staging/approved-model"
    assert settings.endpoint_name == "rubric-staging"


def test_a_serverless_endpoint_has_a_name_of_its_own(load_text: Loader) -> None:
    head = MINIMAL[: MINIMAL.index("serving:")]
    serving = "mode: serverless, container: huggingface, serverless_memory_mb: 2048, serverless_max_concurrency: 5"
    text = f"{head}serving: {{{serving}}}\n"
    assert load_text(text).endpoint_name == "rubric-test-serverless"


def test_a_path_is_an_environment_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    assert load(str(path), root=tmp_path / "elsewhere").name == "mine"


def test_an_override_changes_only_the_keys_that_it_has(load_text: Loader) -> None:
    settings = load_text(
        override="serving: {max_instances: 2, target_invocations_per_instance: 10}\napi: {cors_origins: ['*']}\n"
    )
    assert (settings.serving.max_instances, settings.serving.min_instances) == (2, 1)
    assert settings.serving.container == "huggingface"
    assert settings.api.cors_origins == ["*"]


def test_null_in_an_override_takes_a_setting_back(load_text: Loader) -> None:
    text = MINIMAL + "  data_capture_percent: 10\n"
    assert load_text(text, override="serving: {data_capture_percent: null}").serving.data_capture_percent is None


def test_an_unknown_environment_names_the_known_ones(load_text: Loader, tmp_path: Path) -> None:
    load_text()
    (tmp_path / "environments" / "other.override.yaml").write_text("{}", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load("prdo", root=tmp_path)
    assert str(caught.value) == "environment 'prdo' is not known; use one of: test, or a path to a YAML file"


def test_a_missing_path_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^mine\.yaml: no such environment file$"):
        load("mine.yaml", root=tmp_path)
