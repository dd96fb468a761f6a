"""Every private name of MiniStack is where we use it, and a moved one is reported in a sentence."""

import json
import subprocess
import tomllib
from functools import cache
from typing import Any

import pytest

from local_aws_testing.server import DISTRIBUTION, aws_python

MOVE = """
import importlib, sys
from local_aws.server import main as server
module, attribute = sys.argv.pop(1), sys.argv.pop(1)
owner = importlib.import_module(module)
*parents, last = attribute.split(".")
for parent in parents:
    owner = getattr(owner, parent)
delattr(owner, last)
raise SystemExit(server.check())
"""
CHANGE = """
import sys
from local_aws.server import main as server
import ministack.services.apigateway as apigateway
apigateway.handle_execute = lambda request: None
raise SystemExit(server.check())
"""


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [aws_python(), *arguments]
    return subprocess.run(command, cwd=DISTRIBUTION, capture_output=True, text=True, timeout=60, check=False)


@cache
def checked() -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run("-m", "local_aws", "check").stdout)
    return result


def names() -> list[dict[str, Any]]:
    return list(checked()["names"])


def test_the_installed_version_is_the_pinned_one() -> None:
    assert checked()["installed"] == checked()["pinned"]
    project = tomllib.loads((DISTRIBUTION / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"ministack=={checked()['pinned']}" in project["dependencies"]


def test_all_names_are_where_they_are_used() -> None:
    done = run("-m", "local_aws", "check")
    assert done.returncode == 0, done.stderr
    assert len(names()) > 30


@pytest.mark.parametrize("name", names(), ids=lambda name: f"{name['module']}.{name['attribute']}: {name['purpose']}")
def test_name(name: dict[str, Any]) -> None:
    assert name["problem"] is None


@pytest.mark.parametrize(
    ("module", "attribute", "purpose"),
    [
        ("ministack.services.apigateway", "_invoke_lambda_proxy", "measure and bound the integration of an HTTP API"),
        ("ministack.core.lambda_runtime", "Worker._drain_stderr_bounded", "answer at once when a Lambda has logged"),
    ],
)
def test_a_name_that_is_gone_is_a_sentence(module: str, attribute: str, purpose: str) -> None:
    done = run("-c", MOVE, module, attribute)
    assert done.returncode == 1
    pinned = checked()["pinned"]
    sentence = next(line for line in done.stderr.splitlines() if f"{module}.{attribute}" in line)
    assert f"MiniStack's {module}.{attribute} is gone: it is needed to {purpose}" in sentence
    assert sentence.endswith(f"(pinned ministack {pinned}, installed {pinned}).")


def test_a_name_with_other_parameters_is_a_sentence() -> None:
    done = run("-c", CHANGE)
    assert done.returncode == 1
    assert "apigateway.handle_execute takes (request) and not (api_id, stage, path, method" in done.stderr
