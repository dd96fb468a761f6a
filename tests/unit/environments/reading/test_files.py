"""Tests finding, reading and merging an environment's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments.settings import SettingsError, load
from tests.unit.environments.conftest import MINIMAL, Loader


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
    assert str(caught.value) == "environment 'prdo' does not exist; use one of: test, or a path to a YAML file"


def test_a_missing_path_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^mine\.yaml: no such environment file$"):
        load("mine.yaml", root=tmp_path)


def test_a_path_is_an_environment_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    assert load(str(path), root=tmp_path / "elsewhere").name == "mine"


def test_the_file_named_is_the_one_with_the_key(load_text: Loader) -> None:
    with pytest.raises(SettingsError, match=r"^environments/test\.yaml: serving\.mode"):
        load_text(MINIMAL.replace("real-time", "turbo"), override="api: {throttle_rate: 1}")


def test_broken_yaml_names_the_line(load_text: Loader) -> None:
    with pytest.raises(SettingsError) as caught:
        load_text(MINIMAL + "  broken: [\n")
    message = str(caught.value)
    assert message.startswith("environments/test.yaml: line ")
    assert "\n" not in message


def test_a_key_given_twice_is_refused(load_text: Loader) -> None:
    with pytest.raises(SettingsError, match=r"^environments/test\.yaml: line 14: key 'serving' appears twice$"):
        load_text(MINIMAL + "serving: {}\n")


def test_a_file_that_is_a_list_is_refused(load_text: Loader) -> None:
    with pytest.raises(SettingsError, match="the file must be a mapping of settings"):
        load_text("- a\n- b\n")
