"""The templates of an environment, as its own app makes them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from environments.settings import Settings
from stacks.application import add_stacks
from stacks.deployment import Deployment

Template = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Environment:
    """An environment with its templates by stack name."""

    settings: Settings
    templates: dict[str, Template]

    def resources(self, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """(logical id, definition) of all resources, or of those of some types."""
        for template in self.templates.values():
            for name, resource in template["Resources"].items():
                if not types or resource["Type"] in types:
                    yield name, resource

    @property
    def parameters(self) -> Iterator[dict[str, Any]]:
        """The templates' parameters."""
        for template in self.templates.values():
            yield from template.get("Parameters", {}).values()


def synthesised(settings: Settings, *, root: Path) -> Environment:
    """Synthesise an environment in a folder of its own. Raises MissingBuildError without the output of `make build`."""
    context = json.loads((root / "cdk.json").read_text(encoding="utf-8"))["context"]
    context["aws:cdk:disable-creation-stack-traces"] = True
    # CDK's warnings about the environment, and its rules, which take longer than the rest, are for its own deploy.
    context["@aws-cdk/core:annotationsInValidationReport"] = False
    with tempfile.TemporaryDirectory(prefix="rubric-delivery-") as out:
        app = cdk.App(
            context=context,
            analytics_reporting=False,
            stack_traces=False,
            outdir=out,
            builtin_cloud_formation_validation=False,
        )
        add_stacks(app, deployment=Deployment(settings=settings, root=root, build_dir=root / "build"))
        assembly = app.synth()
        templates = {stack.stack_name: stack.template for stack in assembly.stacks}
    return Environment(settings=settings, templates=templates)
