"""Tests the command `python -m tools.compare_templates`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import compare_templates
from tools.templates.checkouts import Environments

# A checkout that needs no CDK, which takes seconds to load; tests/long/test_compare_templates.py tests with it.
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
