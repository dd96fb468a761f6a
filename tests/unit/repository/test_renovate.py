"""Renovate's settings: valid by its own schema, and every file with pins is renewed by somebody."""

from __future__ import annotations

import json
import re
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tools import lock
from tools.setup.uv import REQUIREMENTS

ROOT = Path(__file__).resolve().parents[3]
CONFIG: dict[str, Any] = json.loads((ROOT / "renovate.json").read_text("utf-8"))
# The managers' own patterns (docs.renovatebot.com/modules/manager/<name>), and the locks that each writes.
DEFAULTS = {
    "pep621": (r"(^|/)pyproject\.toml$", r"(^|/)uv\.lock$"),
    "npm": (r"(^|/)package\.json$", r"(^|/)package-lock\.json$"),
    "dockerfile": (r"(^|/)Dockerfile$",),
    "github-actions": (r"(^|/)\.github/(?:workflows|actions)/.+\.ya?ml$",),
}
# tools.lock exports them, tools.training_lock the last: from what Renovate renews, never by themselves.
EXPORTED = {*lock.EXPORTS, *lock.DIRECT, REQUIREMENTS, "model_code/training/requirements.lock"}
PIN_FILE = re.compile(
    r"(^|/)(requirements[\w.-]*|[\w-]*requirements\.txt|[\w.-]+\.lock|package(-lock)?\.json|pyproject\.toml|"
    r"[\w.]*Dockerfile[\w.]*|\.pre-commit-config\.yaml|images\.yaml)$|^\.github/workflows/"
)
PIN_IN_CODE = re.compile(r'^[A-Z_]+ = "\d+\.\d+\.\d+"$', re.MULTILINE)
# A pin that is none of a package: pre-commit's hooks are local ones.
WITHOUT_PINS = {".pre-commit-config.yaml"}


def tracked() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def pin_files() -> list[str]:
    """Files whose name says that they have pins, and modules outside the tests with a version of a package."""
    names = tracked()
    modules = [name for name in names if name.endswith(".py") and "tests/" not in name and "findings/" not in name]
    pinning = [name for name in modules if PIN_IN_CODE.search((ROOT / name).read_text("utf-8"))]
    return [*(name for name in names if PIN_FILE.search(name) and not name.startswith("tests/")), *pinning]


def patterns() -> list[str]:
    enabled = [each for each in CONFIG["enabledManagers"] if each != "custom.regex"]
    custom = [pattern[1:-1] for each in CONFIG["customManagers"] for pattern in each["managerFilePatterns"]]
    return [*(pattern for name in enabled for pattern in DEFAULTS[name]), *custom]


def test_the_settings_are_valid_by_renovates_schema() -> None:
    schema = json.loads(
        resources.files("check_jsonschema").joinpath("builtin_schemas/vendor/renovate.json").read_text()
    )
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(CONFIG)] == []
    assert [error.message for error in validator.iter_errors({**CONFIG, "enabledManagers": "pep621"})]


def test_every_file_with_pins_is_renewed() -> None:
    found = pin_files()
    assert {"pyproject.toml", "local-aws/pyproject.toml", "package.json", "environments/aws/images.yaml"} <= {*found}
    assert {"model_code/serving/Dockerfile", "tools/setup/torch_build.py", "uv.lock"} <= {*found}
    covered = {name for name in found if any(re.search(pattern, name) for pattern in patterns())}
    assert sorted({*found} - covered - EXPORTED - WITHOUT_PINS) == []
    assert {name for name in EXPORTED if (ROOT / name).is_file()} == EXPORTED


@pytest.mark.parametrize("manager", CONFIG["customManagers"], ids=lambda each: each["description"].partition(",")[0])
def test_a_pattern_of_our_own_finds_its_pin(manager: dict[str, Any]) -> None:
    [pattern] = manager["managerFilePatterns"]
    [file] = [name for name in tracked() if re.search(pattern[1:-1], name)]
    [matched] = manager["matchStrings"]
    found = re.findall(matched.replace("(?<", "(?P<"), (ROOT / file).read_text("utf-8"), re.MULTILINE)
    assert len(found) == 1


def test_a_local_hook_has_no_version_to_renew() -> None:
    for name in WITHOUT_PINS:
        assert re.findall(r"^ *- repo: (.+)$", (ROOT / name).read_text("utf-8"), re.MULTILINE) == ["local"]
