"""Cloud assemblies: the folders that `cdk synth` writes. Read as data, because the CDK app is no part of this command.

A stack is an artifact of the type `aws:cloudformation:stack` in manifest.json, with the name of its template's file
(cloud-assembly-schema, `ArtifactManifest` and `AwsCloudFormationStackProperties`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import OpsError

Template = dict[str, Any]
_STACK = "aws:cloudformation:stack"


@dataclass(frozen=True, kw_only=True)
class StackArtifact:
    """A stack of an assembly. region: None where the app leaves it open."""

    name: str
    region: str | None
    template: Template


def read(folder: Path) -> dict[str, StackArtifact]:
    """The assembly's stacks by name, in the manifest's order. Raises OpsError with the reason if it is none."""
    manifest = _parsed(
        folder / "manifest.json", missing=f"{folder} is no cloud assembly: it has no manifest.json (make assembly)"
    )
    artifacts = manifest.get("artifacts")
    stacks = [
        _stack(folder, key, artifact)
        for key, artifact in (artifacts.items() if isinstance(artifacts, dict) else ())
        if isinstance(artifact, dict) and artifact.get("type") == _STACK
    ]
    if not stacks:
        raise OpsError(f"{folder / 'manifest.json'} names no stack: synthesise the app again (make assembly)")
    return {stack.name: stack for stack in stacks}


def _stack(folder: Path, key: str, artifact: dict[str, Any]) -> StackArtifact:
    properties = artifact.get("properties") or {}
    file = properties.get("templateFile")
    if not isinstance(file, str) or Path(file).name != file:
        raise OpsError(f"{folder / 'manifest.json'}: the stack {key} names no template file in this folder")
    region = str(artifact.get("environment", "")).rpartition("/")[2]
    return StackArtifact(
        name=str(properties.get("stackName") or artifact.get("displayName") or key),
        region=None if region in ("", "unknown-region") else region,
        template=_parsed(folder / file, missing=f"{folder / file} is missing: the assembly is incomplete"),
    )


def _parsed(file: Path, *, missing: str) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OpsError(missing) from None
    except (ValueError, RecursionError):
        raise OpsError(f"{file} is not JSON: synthesise the app again (make assembly)") from None
    if not isinstance(document, dict):
        raise OpsError(f"{file} is not a JSON object: synthesise the app again (make assembly)")
    return document
