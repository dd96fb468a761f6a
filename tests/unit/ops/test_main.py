"""Tests the whole command line."""

import pytest

from tests.unit.ops.conftest import run


def test_wrong_usage_exits_with_2(capsys):
    assert run("no-such-command") == 2
    assert run("keys", "create", "--expires", "0d") == 2


@pytest.mark.parametrize(
    "command",
    [
        "",
        "status",
        "classify",
        "train",
        "follow",
        "retrain",
        "keys create",
        "keys list",
        "keys revoke",
        "models list",
        "models show",
        "models compare",
        "eda",
        "suggest",
        "models approve",
        "models reject",
        "models promote",
        "models rollback",
    ],
)
def test_every_command_explains_itself(command, capsys):
    assert run(*command.split(), "--help") == 0
    assert "Usage: rubric" in capsys.readouterr().out
