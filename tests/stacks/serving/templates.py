"""Reads the endpoint and its image from templates."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from environments.settings import load
from stacks.deployment import Deployment
from tests.stacks.conftest import Synthesised


def only(synthesised: Synthesised, part: str, kind: str) -> tuple[str, dict[str, Any]]:
    """The only resource of a type in a stack, with its logical id."""
    [found] = synthesised.resources(part, kind).items()
    return found


def in_serving(synthesised: Synthesised, kind: str) -> dict[str, Any]:
    """The only resource of a type in the Serving stack."""
    return only(synthesised, "serving", kind)[1]


def rollouts(synthesised: Synthesised) -> tuple[dict[str, Any], dict[str, Any]]:
    """How a rollback and any other update roll the endpoint out."""
    _, at_once, guarded = in_serving(synthesised, "AWS::SageMaker::Endpoint")["Properties"]["DeploymentConfig"][
        "Fn::If"
    ]
    return at_once, guarded


def policy_of_the_model(synthesised: Synthesised) -> dict[str, Any]:
    """The policy of the role that the model's container runs under."""
    policies = synthesised.resources("training", "AWS::IAM::Policy").items()
    [policy] = [policy for name, policy in policies if name.startswith("ServingBaseModelRole")]
    return policy


def model_image(synthesised: Synthesised) -> Any:
    """The image that the endpoint runs."""
    return in_serving(synthesised, "AWS::SageMaker::Model")["Properties"]["PrimaryContainer"]["Image"]


def text_of(value: Any) -> str:
    """A template's value as text, with `<Reference>` for the parts that CloudFormation fills in."""
    match value:
        case str():
            return re.sub(r"\$\{(.*?)\}", r"<\1>", value)
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(text_of(part) for part in parts)
        case {"Fn::Sub": inner}:
            return text_of(inner)
        case {"Ref": name}:
            return f"<{name}>"
    return "<>"


def registered_image(synthesised: Synthesised) -> str:
    """The training machine's input for registering models."""
    [machine] = [
        machine["Properties"]
        for name, machine in synthesised.resources("training", "AWS::StepFunctions::StateMachine").items()
        if name.startswith("PipelineMachine")
    ]
    [image] = set(re.findall(r'"Containers":\[\{"Image":"([^"]+)"', text_of(machine["DefinitionString"])))
    return str(image)


def policy_of(synthesised: Synthesised, part: str, prefix: str) -> Iterator[dict[str, Any]]:
    """The statements of the policies in a stack whose logical ids begin so."""
    for name, policy in synthesised.resources(part, "AWS::IAM::Policy").items():
        if name.startswith(prefix):
            yield from policy["Properties"]["PolicyDocument"]["Statement"]


def changed(root: Path, tmp_path: Path, serving: str) -> Deployment:
    """The dev environment with other serving settings and nothing built."""
    shutil.copytree(root / "environments", tmp_path / "environments")
    (tmp_path / "environments/dev.override.yaml").write_text(f"serving: {serving}", encoding="utf-8")
    return Deployment(settings=load("dev", root=tmp_path), root=tmp_path, build_dir=tmp_path / "build")
