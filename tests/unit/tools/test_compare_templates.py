"""tools/compare_templates.py: which differences between two checkouts' templates count."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import compare_templates
from tools.templates.checkouts import Environments
from tools.templates.differences import compare

DIGEST = "0" * 32
FUNCTION: dict[str, Any] = {
    "Description": "What it does.",
    "Resources": {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Handler": "a.handler", "Code": {"S3Key": f"{'a' * 64}.zip"}, "MemorySize": 256},
            "Metadata": {"aws:cdk:path": "Api/Function/Resource"},
        },
        f"FunctionCurrentVersion00C0FFEE{DIGEST}": {"Type": "AWS::Lambda::Version", "Properties": {}},
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"DefinitionString": '{"Comment":"Trains.","StartAt":"Train"}'},
        },
    },
}
# A checkout that needs no CDK, which takes seconds to load: tests/long/test_compare_templates.py has it.
CDK = """
import json
from pathlib import Path


class App:
    def __init__(self, *, outdir, context, **options):
        self.env = Path(context["env"]).stem
        self.out = Path(outdir)

    def synth(self, template):
        self.out.mkdir(parents=True)
        (self.out / "Rubric.template.json").write_text(json.dumps(template))
"""
APP = """
import aws_cdk as cdk


def main():
    app = cdk.App(analytics_reporting=False)
    if app.env == "local":
        return 1
    app.synth({{"Description": "{words}", "Resources": {{"{name}": {{"Type": "AWS::SNS::Topic"}}}}}})
    return 0
"""


def changed(*keys: str, to: Any) -> dict[str, Any]:
    """FUNCTION with one value replaced."""
    template = copy.deepcopy(FUNCTION)
    at = template
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = to
    return template


@pytest.mark.parametrize(
    ("keys", "to"),
    [
        (("Resources", "Function", "Properties", "MemorySize"), 512),
        (("Resources", "Function", "Properties", "MemorySize"), "256"),
        (("Resources", "Machine", "Type"), "AWS::SNS::Topic"),
        (("Resources", "Machine", "Properties", "DefinitionString"), '{"Comment":"Trains.","StartAt":"Fit"}'),
        (("Resources", "Machine", "Properties", "Handler"), "of no function"),
        (("Resources", "New"), {"Type": "AWS::SNS::Topic"}),
    ],
)
def test_what_cloudformation_acts_on_must_be_equal(keys: tuple[str, ...], to: Any) -> None:
    found = compare(FUNCTION, changed(*keys, to=to)).found
    assert len(found) == 1
    assert found[0].startswith(".".join(keys))


def test_logical_ids_must_be_equal() -> None:
    moved = copy.deepcopy(FUNCTION)
    moved["Resources"]["Other"] = moved["Resources"].pop("Function")
    assert len(compare(FUNCTION, moved).found) == 2


def test_hashes_paths_and_handlers_may_differ() -> None:
    other = changed("Resources", "Function", "Properties", "Handler", to="b.handler")
    other["Resources"]["Function"]["Properties"]["Code"]["S3Key"] = f"{'b' * 64}.zip"
    other["Resources"]["Function"]["Metadata"]["aws:cdk:path"] = "Api/Inner/Function/Resource"
    del other["Resources"][f"FunctionCurrentVersion00C0FFEE{DIGEST}"]
    other["Resources"][f"FunctionCurrentVersion00C0FFEE{'1' * 32}"] = {"Type": "AWS::Lambda::Version", "Properties": {}}
    result = compare(FUNCTION, other)
    assert (result.found, result.texts) == ([], [])


def test_text_for_people_is_listed_apart() -> None:
    described = compare(FUNCTION, changed("Description", to="What it is for."))
    assert (described.found, len(described.texts)) == ([], 1)
    machine = '{"Comment":"Fits a model.","StartAt":"Train"}'
    commented = compare(FUNCTION, changed("Resources", "Machine", "Properties", "DefinitionString", to=machine))
    assert (commented.found, len(commented.texts)) == ([], 1)


def test_stacks_and_environments_must_be_the_same_ones() -> None:
    before = Environments(templates={"dev": {"Api": {}, "Data": {}}}, refused=frozenset({"local"}))
    after = Environments(templates={"dev": {"Api": {}}, "local": {"Api": {}}})
    assert compare_templates.differences(before, after).found == ["dev: Data: gone", "local: refused before"]
    assert compare_templates.differences(before, before).found == []


def test_a_revision_against_the_working_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "environments").mkdir()
    for name in ("local", "dev", "prod"):
        (tmp_path / "environments" / f"{name}.yaml").write_text("{}\n")
    (tmp_path / "cdk.json").write_text('{"context": {}}')
    (tmp_path / "aws_cdk.py").write_text(CDK)
    (tmp_path / "app.py").write_text(APP.format(words="before", name="Topic"))
    for command in (["init"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True, capture_output=True)
    (tmp_path / "app.py").write_text(APP.format(words="after", name="Other"))
    assert compare_templates.main([], repository=tmp_path) == 1
    *lines, total = capsys.readouterr().out.splitlines()
    assert lines == [
        'dev, prod: Rubric: Resources.Other: (nothing) -> {"Type": "AWS::SNS::Topic"}',
        'dev, prod: Rubric: Resources.Topic: {"Type": "AWS::SNS::Topic"} -> (nothing)',
    ]
    assert total == "2 environments, 2 templates: 2 differences, 1 in text for people"


def test_an_unknown_revision_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_templates.main(["no-such-revision"]) == 2
    assert capsys.readouterr().err.startswith("error: no-such-revision: ")
