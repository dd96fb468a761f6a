"""Tests the throw-away environment: its name, and settings that leave nothing behind."""

from pathlib import Path

import pytest

from environments.settings import load
from tests.unit.tools.acceptance.conftest import NAME, ROOT
from tools.acceptance import main
from tools.acceptance.errors import UsageError
from tools.acceptance.planning import names


def test_names_are_acc_and_six() -> None:
    made = {names.new_name() for _ in range(50)}
    assert len(made) == 50 and all(names.checked_name(name) == name for name in made)


@pytest.mark.parametrize("name", ["prod", "acc", "accABCDEF", "acc0k3x9a1", "acc0k3x9", "xacc0k3x9", "acc0k3-9a"])
def test_no_other_environment_can_be_destroyed_by_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--name", "--clean"):
        assert main.main([flag, name]) == main.USAGE_STATUS
        assert "six lower-case letters or digits" in capsys.readouterr().err


@pytest.mark.parametrize("env", ["dev", "prod", "local"])
def test_nothing_of_a_throw_away_environment_outlives_it_or_writes_to_people(env: str, tmp_path: Path) -> None:
    path = names.write_settings(env, NAME, folder=tmp_path, root=ROOT)
    settings, original = names.read_settings(path, root=ROOT), load(env, root=ROOT)
    assert settings.name == NAME and settings.stack_name("Data") == f"Rubric-{NAME}-Data"
    assert settings.data.retain is False and settings.training.schedule is None
    assert settings.monitoring.alarm_email is None
    assert settings.serving == original.serving and settings.training.instance_type == original.training.instance_type


def test_wrong_settings_leave_no_folder(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("serving: {mode: sometimes}\n")
    with pytest.raises(UsageError, match=r"data\.dataset: is required"):
        names.write_settings(str(wrong), NAME, folder=tmp_path / NAME, root=ROOT)
    assert not (tmp_path / NAME).exists()
