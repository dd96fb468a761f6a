"""Tests starting and querying the local AWS as a process: its arguments, and how its errors are shown."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from local import aws_environment, server
from local.errors import CliError
from local.workspace import Workspace

# A stand-in for the Python that has the local AWS: it prints its arguments, or an error.
ANSWER = """#!/bin/sh
env > "$0.env"
echo "$@" > "$0.arguments"
echo '{answer}'
echo '{error}' >&2
exit {status}
"""


def pretend(
    place: Path, monkeypatch: pytest.MonkeyPatch, *, answer: object = None, error: object = "", status: int = 0
) -> Path:
    python = place / "python"
    python.write_text(ANSWER.format(answer=json.dumps(answer), error=json.dumps(error), status=status))
    python.chmod(0o755)
    monkeypatch.setenv("RUBRIC_AWS_PYTHON", str(python))
    return python


def environment_of(python: Path) -> dict[str, str]:
    lines = python.with_name("python.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def quiet(_: str) -> None:
    """Say nothing."""


def test_none_runs(workspace: Workspace) -> None:
    assert server.find(workspace) is None
    assert server.stop(workspace) == (False, False)


def test_it_is_told_where_it_is_and_what_the_user_set(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUBRIC_ALARM_SECONDS", "2")
    answer = {"pid": 7, "port": 4570, "started": 1.5, "endpoint_url": "x", "state_lost": False}
    python = pretend(tmp_path, monkeypatch, answer=answer)
    result = server.start(workspace, say=quiet)
    assert (result.pid, result.endpoint_url) == (7, "http://127.0.0.1:4570")
    assert python.with_name("python.arguments").read_text() == "-m local_aws --json start\n"
    environment = environment_of(python)
    assert environment["LOCAL_AWS_FOLDER"] == str(workspace.folder)
    assert environment["LOCAL_AWS_PORT"] == str(workspace.port)
    assert environment["LOCAL_AWS_CONTAINER_PYTHON"] == str(workspace.model_python)
    assert environment["LOCAL_AWS_ALARM_SECONDS"] == "2"
    assert environment["LOCAL_AWS_ENV_COMMAND"] == "make -s local-env"
    assert environment["RUBRIC_ROOT"] == str(workspace.root)
    assert (Path(environment["PYTHONPATH"]) / "local_aws" / "__main__.py").exists()
    assert "LOCAL_AWS_LATE_ACCESS_LOGS" not in environment


def test_lost_state_is_said_and_the_demos_key_forgotten(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write_json(workspace.demo_file, {"api_key": "rk_x"})
    pretend(tmp_path, monkeypatch, answer={"pid": 7, "port": 1, "started": time.time(), "state_lost": True})
    message: list[str] = []
    server.start(workspace, say=message.append)
    assert "afresh" in message[0]
    assert not workspace.demo_file.exists()


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            {"code": "other-port", "fact": "F", "advice": "a.", "port": 5},
            "F: run `make local-down` first to move it to 5",
        ),
        ({"code": "port-taken", "fact": "F", "advice": "a.", "port": 5}, "F: choose a free one, `make demo PORT=6`."),
        ({"code": "disk-full", "fact": "F", "advice": "a."}, "F: the local AWS needs 2 GB. Free some, or set RUBRIC_"),
        ({"code": "no-answer", "fact": "F", "advice": "a.", "log": "/l"}, "F: see its log, /l; `make local-down`"),
        ({"code": "bad-access-key", "fact": "F", "advice": "a."}, "F: run `make local-down` first."),
        ({"code": "other-user", "fact": "F", "advice": "a."}, "F: set RUBRIC_LOCAL_DIR to a folder that you own."),
        ({"code": "new", "fact": "F", "advice": "a."}, "F: a."),
        ({"code": "ended", "fact": "F", "advice": ""}, "F"),
        ("No module named psutil", 'The local AWS: "No module named psutil"'),
    ],
)
def test_an_error_has_rubrics_own_way_out(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: object, line: str
) -> None:
    pretend(tmp_path, monkeypatch, error=error, status=1)
    with pytest.raises(CliError) as raised:
        server.start(workspace, say=quiet)
    assert str(raised.value).startswith(line)


def test_each_code_with_advice_of_its_own_is_one_of_the_local_awss() -> None:
    code = "".join(path.read_text() for path in (server.DISTRIBUTION / "local_aws").rglob("*.py"))
    assert [each for each in server._ADVICE if f'"{each}"' not in code] == []


def test_a_port_in_use_is_named_with_the_way_out(workspace: Workspace) -> None:
    assert workspace.port
    with socket.socket() as other:
        other.bind(("127.0.0.1", workspace.port))
        other.listen()
        with pytest.raises(CliError, match=rf"Port {workspace.port} is in use .*make demo PORT={workspace.port + 1}"):
            server.start(workspace, say=quiet)


@pytest.mark.parametrize("name", ["RUBRIC_AWS_PYTHON", "RUBRIC_MODEL_PYTHON"])
def test_a_missing_python_names_make_setup(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "none"))
    with pytest.raises(CliError, match=r"The Python for .*none, is missing: run `make setup`"):
        server.start(workspace, say=quiet)


def test_local_env_has_the_key_and_takes_away_ones_own_session(workspace: Workspace) -> None:
    lines = aws_environment.export_lines(workspace).splitlines()
    key = (workspace.folder / "access-key-id").read_text().strip()
    assert f"export AWS_ACCESS_KEY_ID={key}" in lines
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{workspace.port}" in lines
    assert "export CDK_DISABLE_CLI_TELEMETRY=true" in lines
    assert "AWS_SESSION_TOKEN" in lines[0]
    assert aws_environment.for_child(workspace)["AWS_ACCESS_KEY_ID"] == key


def test_without_a_port_it_is_the_one_used_last(workspace: Workspace) -> None:
    workspace.folder.mkdir()
    workspace.write_json(workspace.folder / "config.json", {"port": 4999})
    assert aws_environment.endpoint_url(replace(workspace, port=None)) == "http://127.0.0.1:4999"


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_one_line(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("RUBRIC_LOCAL_PORT", port)
    with pytest.raises(CliError, match=f"PORT is '{port}': it must be a number from 1 to 65535"):
        Workspace.from_environment()
