"""Synthesises environments for the tests, with real settings and CDK context and a built tree of a few bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from environments.settings import load
from stacks.application import Stacks, add_stacks
from stacks.deployment import Deployment
from tests.stacks.built import BUILT

REPOSITORY = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ("local", "dev", "prod")
SECOND_TASK = "sentiment"  # as dev, but for its words and data: tests/stacks/test_second_task.py
HUGGINGFACE = "serving: {container: huggingface, image_build: null}"


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository's root with the environments' own files, no override and a small built tree."""
    root = tmp_path_factory.mktemp("repository")
    (root / "environments").mkdir()
    for name in (*ENVIRONMENTS, SECOND_TASK):
        shutil.copy(REPOSITORY / "environments" / f"{name}.yaml", root / "environments")
    shutil.copytree(REPOSITORY / "environments" / "registry", root / "environments" / "registry")
    lock = root / "model_code" / "training" / "requirements.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("package==1.0 --hash=sha256:00\n", encoding="utf-8")
    for file in BUILT:
        path = root / "build" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"stands for {file}\n", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    """The feature flags of cdk.json."""
    flags: dict[str, Any] = json.loads((REPOSITORY / "cdk.json").read_text(encoding="utf-8"))["context"]
    return flags


class Synthesised:
    """An environment's stacks and their templates."""

    def __init__(self, app: cdk.App, stacks: Stacks) -> None:
        self.app = app
        self.stacks = stacks
        found = (
            stacks.network,
            stacks.data,
            stacks.training,
            stacks.serving,
            stacks.challenger,
            stacks.api,
            stacks.monitoring,
        )
        self.all = tuple(stack for stack in found if stack is not None)
        self._templates: dict[str, Template] = {}

    def template(self, part: str) -> Template:
        """The template of `network`, `data`, `training`, `serving`, `challenger`, `api` or `monitoring`."""
        if part not in self._templates:
            self._templates[part] = Template.from_stack(getattr(self.stacks, part))
        return self._templates[part]

    def resources(self, part: str, kind: str | None = None) -> dict[str, dict[str, Any]]:
        """A stack's resources by logical id, of one CloudFormation type or of all."""
        found: dict[str, dict[str, Any]] = self.template(part).to_json().get("Resources", {})
        return {name: resource for name, resource in found.items() if kind in (None, resource["Type"])}

    def everything(self, kind: str | None = None) -> dict[str, dict[str, Any]]:
        """Resources of all stacks, by `part/logical id`."""
        names = ("network", "data", "training", "serving", "challenger", "api", "monitoring")
        parts = [name for name in names if getattr(self.stacks, name) is not None]
        return {f"{part}/{name}": resource for part in parts for name, resource in self.resources(part, kind).items()}


Synthesise = Callable[..., Synthesised]


@pytest.fixture(scope="session")
def synthesise(root: Path, context: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Synthesise:
    """Make an environment's stacks; `change` is an override's YAML."""

    def make(env: str, *, change: str | None = None, outdir: Path | None = None) -> Synthesised:
        where = root
        if change is not None:
            where = tmp_path_factory.mktemp("changed") / "repository"
            shutil.copytree(root, where)
            (where / "environments" / f"{env}.override.yaml").write_text(change, encoding="utf-8")
        app = cdk.App(
            context=context,
            analytics_reporting=False,
            outdir=str(outdir) if outdir else None,
            # Half of a synth's time: tests/published applies CDK's rules to each environment and combination.
            builtin_cloud_formation_validation=False,
        )
        deployment = Deployment(settings=load(env, root=where), root=where, build_dir=where / "build")
        return Synthesised(app, add_stacks(app, deployment=deployment))

    return make


@pytest.fixture(scope="session")
def local(synthesise: Synthesise) -> Synthesised:
    """The local environment."""
    return synthesise("local")


@pytest.fixture(scope="session")
def dev(synthesise: Synthesise) -> Synthesised:
    """The dev environment."""
    return synthesise("dev")


@pytest.fixture(scope="session")
def prod(synthesise: Synthesise) -> Synthesised:
    """The prod environment."""
    return synthesise("prod")


@pytest.fixture(params=ENVIRONMENTS)
def each(request: pytest.FixtureRequest) -> Synthesised:
    """Each environment in turn."""
    found: Synthesised = request.getfixturevalue(request.param)
    return found
