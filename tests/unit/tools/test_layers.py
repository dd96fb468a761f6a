"""The rules of imports in pyproject.toml: each of them notices an import that it forbids, and says which."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
# A file to add or lengthen, an import for it, and what the linter is to say.
FORBIDDEN = {
    "parts": ("stacks/bad.py", "def f():\n    from ops import main\n", "stacks.bad -> ops.main (l.2)"),
    "common-ground": ("contracts/bad.py", "import yaml\n", "contracts.bad imports yaml (l.1)"),
    "in-aws": ("lambda_src/gate/bad.py", "import environments.api\n", "lambda_src.gate.bad -> environments.api (l.1)"),
    "settings": ("environments/bad.py", "from aws_cdk import aws_s3\n", "environments.bad -> aws_cdk (l.1)"),
    "machines": ("stacks/machines/bad.py", "import constructs\n", "stacks.machines.bad -> constructs (l.1)"),
    "stacks": ("stacks/constructs/bad.py", "from stacks import data\n", "stacks.constructs.bad -> stacks.data (l.1)"),
    "functions": ("lambda_src/gate/dal.py", "from lambda_src.gate import logic\n", "lambda_src.gate.dal -> lambda_src"),
    "local-aws": ("ops/bad.py", "from local_aws import access_key\n", "ops.bad -> local_aws (l.1)"),
    "circles": ("tools/layers/bad.py", "from tools import attempt\n", ".layers -> .attempt (1 import)"),
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
    with (tmp_path / "tools/attempt.py").open("a", encoding="utf-8") as added:
        added.write("import tools.layers.bad\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    said = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert f"Contracts: 0 kept, {len(FORBIDDEN)} broken." in said
    for _, _, words in FORBIDDEN.values():
        assert words in said


def test_an_import_that_is_relative_is_refused_everywhere() -> None:
    for file in ("contracts/bad.py", "lambda_src/gate/bad.py", "tests/unit/bad.py"):
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
