"""cfn-lint, with AWS's resource schemas by region, finds only what is acknowledged with a reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.published.aws.linting import Finding, lint, lint_one
from tests.published.synthesised.world import World

pytestmark = pytest.mark.timeout(1200)  # on a busy machine: each distinct template takes seconds, once
ACKNOWLEDGED = Path(__file__).with_name("acknowledged.yaml")


@dataclass(frozen=True)
class Acknowledgement:
    """A kind of finding that stays, and why."""

    rule: str
    reason: str
    path: str = ".*"

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is of this kind."""
        return finding.rule == self.rule and re.fullmatch(self.path, finding.path) is not None


def acknowledgements() -> list[Acknowledgement]:
    return [Acknowledgement(**each) for each in yaml.safe_load(ACKNOWLEDGED.read_text("utf-8"))]


@pytest.fixture(scope="module")
def findings(world: World, request: pytest.FixtureRequest) -> list[Finding]:
    """The findings for each distinct template, from pytest's cache if an earlier run checked it."""
    cache = request.config.cache
    assert cache is not None
    keys = {
        template.where: f"cfn-lint/{version('cfn-lint')}/{template.region}/{template.digest}"
        for template in world.distinct
    }
    known = {where: cache.get(key, None) for where, key in keys.items()}
    found = lint([(t.where, t.file, t.region) for t in world.distinct if known[t.where] is None])
    for template in world.distinct:
        if known[template.where] is None:
            mine = [finding for finding in found if finding.where == template.where]
            cache.set(keys[template.where], [[f.rule, f.path, f.message] for f in mine])
        else:
            found += [Finding(rule, template.where, path, message) for rule, path, message in known[template.where]]
    return found


def test_nothing_is_found_but_what_is_acknowledged(findings: list[Finding]) -> None:
    known = acknowledgements()
    left = [str(finding) for finding in findings if not any(each.covers(finding) for each in known)]
    assert left == []


def test_every_acknowledgement_is_needed_and_has_a_reason(findings: list[Finding]) -> None:
    for each in acknowledgements():
        assert len(each.reason.split()) >= 5, each
        assert any(each.covers(finding) for finding in findings), each


def broken(world: World, tmp_path: Path, change: dict[str, Any], *, kind: str, region: str = "us-east-1") -> set[str]:
    """Rules that object to dev's template of a resource type with properties changed."""
    dev = world["dev"]
    stack = next(s for s, t in dev.templates.items() if any(r["Type"] == kind for r in t["Resources"].values()))
    template = json.loads(json.dumps(dev.templates[stack]))
    next(r for r in template["Resources"].values() if r["Type"] == kind)["Properties"] |= change
    file = tmp_path / "broken.template.json"
    file.write_text(json.dumps(template))
    return {finding.rule for finding in lint_one(("broken", file, region))} - {each.rule for each in acknowledgements()}


@pytest.mark.parametrize(
    ("change", "kind", "region", "rule"),
    [
        ({"RetainVariantProperties": True}, "AWS::SageMaker::Endpoint", "us-east-1", "E3002"),
        ({"MemorySize": "plenty"}, "AWS::Lambda::Function", "us-east-1", "E3012"),
        ({"ModelPackageGroupName": "an_underscore"}, "AWS::SageMaker::ModelPackageGroup", "us-east-1", "E3031"),
        ({}, "AWS::SageMaker::ModelPackageGroup", "cn-north-1", "E3006"),
    ],
    ids=["an unknown property", "a wrong type", "a name that is not allowed", "a region without the type"],
)
def test_a_broken_template_is_found(
    world: World, tmp_path: Path, change: dict[str, Any], kind: str, region: str, rule: str
) -> None:
    assert rule in broken(world, tmp_path, change, kind=kind, region=region)
