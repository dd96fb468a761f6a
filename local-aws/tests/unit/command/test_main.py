"""Tests the command line in a separate process."""

import json
import subprocess
import sys
from pathlib import Path

from local_aws.command.state_folder import StateFolder

DISTRIBUTION = Path(__file__).parents[3]
LOADED = "import sys; from local_aws.command.main import main; main(); print(*sys.modules, file=sys.stderr)"


def run(folder: StateFolder, *arguments: str, code: str | None = None) -> "subprocess.CompletedProcess[str]":
    how = ["-c", code] if code else ["-m", "local_aws"]
    value = ["--folder", str(folder.path), "--port", str(folder.port)]
    command = [sys.executable, *how, *value, *arguments]
    return subprocess.run(command, cwd=DISTRIBUTION, capture_output=True, text=True, check=False)


def test_status_of_none_is_an_object_and_makes_no_folder(folder: StateFolder) -> None:
    result = json.loads(run(folder, "status").stdout)
    assert result == {
        "running": False,
        "answers": False,
        "endpoint_url": f"http://127.0.0.1:{folder.port}",
        "folder": str(folder.path),
        "pid": None,
        "port": folder.port,
        "started": None,
    }
    assert not folder.path.exists()


def test_stopping_none_is_no_error(folder: StateFolder) -> None:
    assert json.loads(run(folder, "stop", "--forget").stdout) == {"stopped": False, "removed": False}


def test_env_is_shell_lines_or_json(folder: StateFolder) -> None:
    lines = run(folder, "env").stdout.splitlines()
    result = json.loads(run(folder, "--json", "env").stdout)
    assert lines[0] == f"unset {' '.join(result['unset'])}"
    assert f"export AWS_ACCESS_KEY_ID={result['set']['AWS_ACCESS_KEY_ID']}" in lines


def test_an_error_is_a_line_or_json(folder: StateFolder) -> None:
    folder.path.mkdir()
    (folder.path / "thesis.txt").touch()
    refused = run(folder, "stop", "--forget")
    assert (refused.returncode, refused.stdout) == (1, "")
    fact = f"{folder.path} has no config.json, so it is not a local AWS's folder"
    assert refused.stderr == f"local-aws: {fact}: not removed.\n"
    as_json = json.loads(run(folder, "--json", "stop", "--forget").stderr)
    assert as_json == {"code": "not-ours", "fact": fact, "advice": "not removed."}


def test_asking_loads_nothing_of_the_server(folder: StateFolder) -> None:
    for command in ("status", "env"):
        loaded = set(run(folder, command, code=LOADED).stderr.split())
        assert "local_aws.command.main" in loaded
        assert loaded.isdisjoint({"ministack", "boto3", "botocore", "local_aws.server", "local_aws.patches"})
