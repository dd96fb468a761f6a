"""Reading cloud assemblies, whole and broken."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.changes import assembly
from ops.errors import OpsError
from tests.unit.ops.changes.assemblies import template, written


def test_the_stacks_with_their_regions_and_templates(tmp_path: Path) -> None:
    stacks = assembly.read(written(tmp_path, {"Rubric-dev-Data": template()}, region="eu-west-1"))
    assert [(each.name, each.region, each.template) for each in stacks.values()] == [
        ("Rubric-dev-Data", "eu-west-1", template())
    ]


def test_a_stack_s_own_name_goes_before_its_artifact_s(tmp_path: Path) -> None:
    manifest = json.loads((written(tmp_path, {"A": template()}) / "manifest.json").read_text())
    manifest["artifacts"]["A"]["properties"]["stackName"] = "B"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert list(assembly.read(tmp_path)) == ["B"]


def without_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def without_template(folder: Path) -> None:
    (folder / "A.template.json").unlink()


def without_stacks(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"artifacts": {}}')


def cut_off(folder: Path) -> None:
    (folder / "A.template.json").write_text('{"Resources": ')


def outside(folder: Path) -> None:
    manifest = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(manifest.replace("A.template.json", "../A.template.json"))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (without_manifest, "is no cloud assembly: it has no manifest.json"),
        (without_template, "A.template.json is missing"),
        (without_stacks, "names no stack"),
        (cut_off, "A.template.json is not JSON"),
        (outside, "names no template file in this folder"),
    ],
)
def test_a_broken_assembly_is_named(broken: Callable[[Path], None], message: str, tmp_path: Path) -> None:
    broken(written(tmp_path, {"A": template()}))
    with pytest.raises(OpsError, match=message):
        assembly.read(tmp_path)
