"""The notebooks as they are committed; tests/long/demo/test_notebooks.py runs them."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tools.bundling import targets

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def test_there_are_four():
    assert [path.stem for path in NOTEBOOKS] == ["deployment", "eda", "sentiment", "training"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path):
    kept = [cell["id"] for cell in cells(path) if cell["outputs"] or cell["execution_count"] is not None]
    how = f".venv-notebooks/bin/jupyter nbconvert --clear-output --inplace notebooks/{path.name}"
    assert not kept, f"the cells {kept} have outputs: {how}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebooks_parameters_come_first_and_have_values(path):
    first, *others = cells(path)
    assert "parameters" in first["metadata"]["tags"]
    assert not [cell for cell in others if "parameters" in cell["metadata"].get("tags", [])]
    assigned = [node for node in ast.parse("".join(first["source"])).body if isinstance(node, ast.Assign)]
    assert assigned


def test_a_job_from_a_notebook_gets_the_packages_that_the_pipelines_job_gets():
    [training] = [target for target in targets.TARGETS if target.name == "training"]
    source = "\n".join("".join(cell["source"]) for cell in cells(ROOT / "notebooks/training.ipynb"))
    [copied] = re.findall(r"^for package in (.*):$", source, flags=re.MULTILINE)
    assert set(ast.literal_eval(copied)) == set(training.inputs)
