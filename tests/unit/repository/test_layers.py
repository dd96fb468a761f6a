"""Each import rule in pyproject.toml finds an import that it forbids, and names it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
# A file to add or lengthen, an import for it, and the linter's expected message.
FORBIDDEN = {
    "parts": ("stacks/bad.py", "def f():\n    from ops import main\n", "stacks.bad -> ops.main (l.2)"),
    "delivery": ("delivery/bad.py", "from stacks.data import stack\n", "delivery.bad -> stacks.data.stack (l.1)"),
    "common-ground": ("contracts/bad.py", "import yaml\n", "contracts.bad imports yaml (l.1)"),
    "files": ("dataset_files/bad.py", "import numpy\n", "dataset_files.bad imports numpy (l.1)"),
    "in-aws": ("lambda_src/meta/bad.py", "import environments.kept\n", "lambda_src.meta.bad -> environments.kept"),
    "settings": ("environments/bad.py", "from aws_cdk import aws_s3\n", "environments.bad -> aws_cdk (l.1)"),
    "settings-rooms": (
        "environments/sections/bad.py",
        "from environments.rules import problem\n",
        "environments.sections.bad -> environments.rules.problem (l.1)",
    ),
    "machines": (
        "stacks/training/machines/bad.py",
        "import constructs\n",
        "stacks.training.machines.bad -> constructs (l.1)",
    ),
    "components": (
        "stacks/serving/bad.py",
        "from stacks.training import inputs\n",
        "stacks.serving.bad -> stacks.training.inputs (l.1)",
    ),
    "commands": ("ops/models/bad.py", "from ops.commands import models\n", "ops.models.bad -> ops.commands"),
    "stacks": ("stacks/training/bad.py", "from stacks.data import stack\n", "stacks.training.bad -> stacks.data.stack"),
    "functions": (
        "lambda_src/pipeline/gate/dal.py",
        "from lambda_src.pipeline.gate import logic\n",
        "lambda_src.pipeline.gate.dal -> lambda_src",
    ),
    "model": (
        "model_code/serving/bad.py",
        "from model_code.training import errors\n",
        "model_code.serving.bad -> model_code.training.errors (l.1)",
    ),
    "serving": (
        "model_code/serving/layout/bad.py",
        "from model_code.serving import classifier\n",
        "model_code.serving.layout.bad -> model_code.serving.classifier (l.1)",
    ),
    "engines": (
        "model_code/serving/lean/bad.py",
        "from model_code.serving.engines.native import library\n",
        "model_code.serving.lean.bad -> model_code.serving.engines.native.library (l.1)",
    ),
    "engines-apart": (
        "model_code/serving/engines/native/bad.py",
        "from model_code.serving.engines.onnx import session\n",
        "model_code.serving.engines.native.bad -> model_code.serving.engines.onnx.session (l.1)",
    ),
    "training": (
        "model_code/training/data/bad.py",
        "from model_code.training.fitting import fit\n",
        "model_code.training.data.bad -> model_code.training.fitting.fit (l.1)",
    ),
    "local-aws": ("ops/bad.py", "from local_aws import access_key\n", "ops.bad -> local_aws (l.1)"),
    "circles": ("tools/checks/bad.py", "from tools.common import attempt\n", ".common -> .checks (1 import)"),
}


def test_every_rule_is_tried() -> None:
    assert [rule["id"] for rule in RULES["contracts"]] == list(FORBIDDEN)


def test_every_package_is_looked_at() -> None:
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages == set(RULES["root_packages"])


def test_each_rule_notices_what_it_forbids(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in RULES["root_packages"]:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    for file, source, _ in FORBIDDEN.values():
        with (tmp_path / file).open("a", encoding="utf-8") as added:
            added.write(source)
    with (tmp_path / "tools/common/attempt.py").open("a", encoding="utf-8") as added:
        added.write("import tools.checks.bad\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    output = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert f"Contracts: 0 kept, {len(FORBIDDEN)} broken." in output
    for _, _, words in FORBIDDEN.values():
        assert words in output


def test_an_import_that_is_relative_is_refused_everywhere() -> None:
    for file in ("contracts/bad.py", "lambda_src/pipeline/gate/bad.py", "tests/unit/bad.py"):
        ruff = str(Path(sys.executable).with_name("ruff"))
        command = [ruff, "check", "--no-cache", "--output-format=concise", f"--stdin-filename={file}", "-"]
        done = subprocess.run(
            command,
            cwd=ROOT,
            input='"""Bad."""\n\nfrom .logic import run as run\n',
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "TID252" in done.stdout) == (1, True), done.stdout
