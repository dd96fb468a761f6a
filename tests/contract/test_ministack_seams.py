"""Every private name of MiniStack that we use is where we use it; one that moves is named in a sentence."""

import json
import subprocess
from functools import cache
from typing import Any

import pytest

from tests.contract.mends.local_server import ROOT, aws_python
from tools import lock

MOVE = """
import importlib, sys
from local_aws.server import __main__ as server
module, attribute = sys.argv.pop(1), sys.argv.pop(1)
owner = importlib.import_module(module)
*parents, last = attribute.split(".")
for parent in parents:
    owner = getattr(owner, parent)
delattr(owner, last)
sys.argv[1:] = ["--check-seams"]
raise SystemExit(server.main())
"""
CHANGE = """
import sys
from local_aws.server import __main__ as server
import ministack.services.apigateway as apigateway
apigateway.handle_execute = lambda request: None
sys.argv[1:] = ["--check-seams"]
raise SystemExit(server.main())
"""


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([aws_python(), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@cache
def checked() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("-m", "local_aws.server", "--check-seams").stdout)
    return found


def seams() -> list[dict[str, Any]]:
    return list(checked()["seams"])


def test_the_installed_version_is_the_pinned_one() -> None:
    assert checked()["installed"] == checked()["pinned"]
    assert f"ministack=={checked()['pinned']}" in lock.asked("aws")


def test_all_seams_hold() -> None:
    done = run("-m", "local_aws.server", "--check-seams")
    assert done.returncode == 0, done.stderr
    assert len(seams()) > 30


@pytest.mark.parametrize("seam", seams(), ids=lambda seam: f"{seam['module']}.{seam['attribute']}: {seam['purpose']}")
def test_seam(seam: dict[str, Any]) -> None:
    assert seam["problem"] is None


@pytest.mark.parametrize(
    ("module", "attribute", "purpose"),
    [
        ("ministack.services.apigateway", "_invoke_lambda_proxy", "measure and bound the integration of an HTTP API"),
        ("ministack.core.lambda_runtime", "Worker._drain_stderr_bounded", "answer at once when a Lambda has logged"),
    ],
)
def test_a_seam_that_is_gone_is_a_sentence(module: str, attribute: str, purpose: str) -> None:
    done = run("-c", MOVE, module, attribute)
    assert done.returncode == 1
    pinned = checked()["pinned"]
    sentence = next(line for line in done.stderr.splitlines() if f"{module}.{attribute}" in line)
    assert f"MiniStack's {module}.{attribute} is gone: it is needed to {purpose}" in sentence
    assert sentence.endswith(f"(pinned ministack {pinned}, installed {pinned}).")


def test_a_seam_with_other_parameters_is_a_sentence() -> None:
    done = run("-c", CHANGE)
    assert done.returncode == 1
    assert "apigateway.handle_execute takes (request) and not (api_id, stage, path, method" in done.stderr
