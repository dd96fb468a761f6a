"""The delivery stack of an account, synthesised."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
import yaml
from aws_cdk.assertions import Template

from delivery.execution.templates import Environment
from delivery.place import place
from delivery.stack import DeliveryStack
from environments.delivery import Delivered, load
from environments.settings import load as load_environment
from tests.stacks.conftest import REPOSITORY, Synthesised

BOUNDARIES = {"dev": "rubric-dev-boundary", "prod": "rubric-prod-boundary"}
NAMES = {
    "repository": "octo-org/octo-repo",
    "subject": "names",
    "environments": ["dev", "prod"],
    "oidc_provider": "create",
}
IDS = {**NAMES, "subject": "ids", "owner_id": 123456, "repository_id": 456789}

Content = dict[str, Any]
Synthesise = Callable[..., Content]


@pytest.fixture(scope="session")
def bounded_root(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository's root whose environments have permissions boundaries, as delivery requires."""
    bounded = tmp_path_factory.mktemp("bounded") / "repository"
    shutil.copytree(root, bounded)
    shutil.copy(REPOSITORY / "cdk.json", bounded)
    for name, boundary in BOUNDARIES.items():
        (bounded / "environments" / f"{name}.override.yaml").write_text(f"permissions_boundary: {boundary}\n")
    return bounded


def delivered(root: Path, settings: dict[str, Any], *, name: str = "delivery") -> Delivered:
    """Settings of delivery as if they were in a file."""
    file = root / f"{name}.yaml"
    file.write_text(yaml.safe_dump({"delivery": settings}), encoding="utf-8")
    return load(str(file), root=root)


@pytest.fixture(scope="session")
def environments(bounded_root: Path, dev: Synthesised, prod: Synthesised) -> dict[str, Environment]:
    """dev and prod with the templates that other tests have as well: synthesising takes seconds."""
    return {
        name: Environment(
            settings=load_environment(name, root=bounded_root),
            templates={stack.stack_name: dict(Template.from_stack(stack).to_json()) for stack in made.all},
        )
        for name, made in (("dev", dev), ("prod", prod))
    }


@pytest.fixture(scope="session")
def deliver(
    bounded_root: Path, environments: dict[str, Environment], tmp_path_factory: pytest.TempPathFactory
) -> Synthesise:
    """Make the template of a delivery stack with these settings."""

    def make(settings: dict[str, Any], *, where: Path | None = None) -> Content:
        out = where or tmp_path_factory.mktemp("delivery")
        app = cdk.App(
            analytics_reporting=False, stack_traces=False, outdir=str(out), builtin_cloud_formation_validation=False
        )
        wanted = delivered(bounded_root, settings)
        stack = DeliveryStack(
            app,
            delivered=wanted,
            environments=[environments[name] for name in wanted.settings.environments],
            place=place(region=wanted.region, root=bounded_root),
        )
        app.synth()
        template: Content = json.loads((out / f"{stack.stack_name}.template.json").read_text(encoding="utf-8"))
        return template

    return make


@pytest.fixture(scope="session")
def names(deliver: Synthesise) -> Content:
    """dev and prod in one account, with the older form of subjects."""
    return deliver(NAMES)


@pytest.fixture(scope="session")
def ids(deliver: Synthesise) -> Content:
    """dev and prod in one account, with the form that has ids, and a provider that is there."""
    return deliver({**IDS, "oidc_provider": "existing"})
