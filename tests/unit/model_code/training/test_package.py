"""The code in an artifact: all that serving imports, to run without the rest of the project."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from model_code.training import package
from tests.unit.model_code.conftest import ROOT
from tools.bundling import contracts

LOADED = """
import sys
sys.path.insert(0, sys.argv[1])
from model_code.serving import classifier, manifest
ours = [each for name, each in sys.modules.items() if name.split(".")[0] in ("contracts", "model_code")]
print(*(each.__file__ for each in ours))
"""


def test_it_has_what_serving_imports_of_contracts() -> None:
    serving = (ROOT / "model_code/serving").rglob("*.py")
    assert contracts.needed(serving, root=ROOT) == [f"contracts/{name}" for name in package.SERVING_CONTRACTS]


def test_it_runs_on_its_own(tmp_path: Path) -> None:
    package.write_code(tmp_path / "code", serving_deps=None)
    command = [sys.executable, "-P", "-c", LOADED, str(tmp_path / "code")]
    loaded = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()
    assert len(loaded) > 10
    assert all(Path(file).is_relative_to(tmp_path) for file in loaded)
