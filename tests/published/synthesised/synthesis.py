"""Synthesises many environments in one process: loading CDK and starting Node takes longer than any of them."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# Like app.py: the pinned Node beside this Python.
_NODE = Path(sys.executable).with_name("node")
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))

import aws_cdk as cdk  # noqa: E402

from environments.reading.files import merge  # noqa: E402
from environments.settings import Settings, SettingsError, load  # noqa: E402
from stacks.application import add_stacks  # noqa: E402
from stacks.deployment import Deployment  # noqa: E402

SHIPPED = ("local", "dev", "prod")
COMBINATIONS = Path(__file__).with_name("combinations.yaml")
SUFFIX = ".template.json"
HEARD = {"monitoring": {"alarm_email": "ops@example.com"}}


@dataclass(frozen=True, kw_only=True)
class Combination:
    """Settings to synthesise. name: its name in tests; file: an environment's file; refused: words of the error."""

    name: str
    file: Path
    refused: str | None = None


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """What became of a combination: its settings and templates by stack name, or the error that refused it.

    failed: CDK itself ended in an error, which is a fault of ours: the settings should have refused it.
    """

    combination: Combination
    settings: Settings | None = None
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    error: str | None = None
    failed: bool = False


def written(folder: Path, *, root: Path) -> list[Combination]:
    """The shipped environments and the combinations of combinations.yaml, each as a file in a separate folder."""
    combinations = yaml.safe_load(COMBINATIONS.read_text("utf-8"))
    shipped = {name: {"of": name, "change": {}} for name in SHIPPED}
    return [
        _write(folder / name, name=name, combination=each, root=root)
        for name, each in {**shipped, **combinations}.items()
    ]


def _write(folder: Path, *, name: str, combination: dict[str, Any], root: Path) -> Combination:
    base = yaml.safe_load((root / "environments" / f"{combination['of']}.yaml").read_text("utf-8"))
    if combination["of"] == "prod":
        base = merge(base, HEARD)  # as a deployer must
    folder.mkdir(parents=True)
    file = folder / f"{combination.get('name', combination['of'])}.yaml"
    file.write_text(yaml.safe_dump(merge(base, combination["change"]), sort_keys=False), "utf-8")
    return Combination(name=name, file=file, refused=combination.get("refused"))


def synthesise(combinations: Iterable[Combination], *, root: Path, build: Path, out: Path) -> dict[str, Synthesis]:
    """Synthesise every combination into a folder of `out`. root: the repository; build: the output of `make build`."""
    context = json.loads((root / "cdk.json").read_text("utf-8"))["context"]
    context["aws:cdk:disable-creation-stack-traces"] = True
    return {
        combination.name: _one(combination, root=root, build=build, out=out / combination.name, context=context)
        for combination in combinations
    }


def _one(combination: Combination, *, root: Path, build: Path, out: Path, context: dict[str, Any]) -> Synthesis:
    app = cdk.App(context=context, analytics_reporting=False, stack_traces=False, outdir=str(out))
    try:
        settings = load(str(combination.file), root=root)
        add_stacks(app, deployment=Deployment(settings=settings, root=root, build_dir=build))
    except SettingsError as error:
        shutil.rmtree(out, ignore_errors=True)
        return Synthesis(combination=combination, error=str(error))
    try:
        app.synth()
    except RuntimeError as error:  # jsii's exception for an error in Node
        return Synthesis(combination=combination, error=str(error), failed=True)
    files = {path.name.removesuffix(SUFFIX): path for path in sorted(out.glob(f"*{SUFFIX}"))}
    templates = {name: json.loads(path.read_text("utf-8")) for name, path in files.items()}
    return Synthesis(combination=combination, settings=settings, templates=templates, files=files)
