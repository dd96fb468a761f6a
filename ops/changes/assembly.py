"""Cloud assemblies: the folders that `cdk synth` writes. Read as data, because the CDK app is no part of this command.

A stack is an artifact of the type `aws:cloudformation:stack` in manifest.json, with the name of its template's file
(cloud-assembly-schema, `ArtifactManifest` and `AwsCloudFormationStackProperties`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import OpsError

Template = dict[str, Any]
_STACK = "aws:cloudformation:stack"


_ASSETS = "cdk:asset-manifest"


@dataclass(frozen=True, kw_only=True)
class StackArtifact:
    """A stack of an assembly.

    id: its artifact's; needs: the ids of the artifacts that it depends on; account, region: None where the app leaves
    them open; file: its template's; properties: as the manifest has them, such as the bootstrap's roles.
    """

    id: str
    name: str
    account: str | None
    region: str | None
    file: Path
    template: Template
    properties: dict[str, Any]
    needs: tuple[str, ...]
    folder: Path

    def files(self) -> Iterator[dict[str, Any]]:
        """The destinations of its files, the template among them, as its asset manifest has them. Raises OpsError."""
        artifacts = _artifacts(self.folder)
        for each in self.needs:
            artifact = artifacts.get(each, {})
            if artifact.get("type") == _ASSETS:
                file = self.folder / artifact["properties"]["file"]
                manifest = _parsed(file, missing=f"{file} is missing: the assembly is incomplete")
                for asset in manifest.get("files", {}).values():
                    yield from asset["destinations"].values()


def read(folder: Path) -> dict[str, StackArtifact]:
    """The assembly's stacks by name, in the manifest's order. Raises OpsError with the reason if it is none."""
    stacks = [
        _stack(folder, key, artifact) for key, artifact in _artifacts(folder).items() if artifact.get("type") == _STACK
    ]
    if not stacks:
        raise OpsError(f"{folder / 'manifest.json'} names no stack: synthesise the app again (make assembly)")
    return {stack.name: stack for stack in stacks}


def _artifacts(folder: Path) -> dict[str, dict[str, Any]]:
    manifest = _parsed(
        folder / "manifest.json", missing=f"{folder} is no cloud assembly: it has no manifest.json (make assembly)"
    )
    artifacts = manifest.get("artifacts")
    found = artifacts.items() if isinstance(artifacts, dict) else ()
    return {key: artifact for key, artifact in found if isinstance(artifact, dict)}


def _stack(folder: Path, key: str, artifact: dict[str, Any]) -> StackArtifact:
    properties = artifact.get("properties") or {}
    file = properties.get("templateFile")
    if not isinstance(file, str) or Path(file).name != file:
        raise OpsError(f"{folder / 'manifest.json'}: the stack {key} names no template file in this folder")
    account, _, region = str(artifact.get("environment", "")).removeprefix("aws://").rpartition("/")
    return StackArtifact(
        id=key,
        name=str(properties.get("stackName") or artifact.get("displayName") or key),
        account=account if account.isdigit() else None,
        region=None if region in ("", "unknown-region") else region,
        file=folder / file,
        template=_parsed(folder / file, missing=f"{folder / file} is missing: the assembly is incomplete"),
        properties=properties,
        needs=tuple(artifact.get("dependencies") or ()),
        folder=folder,
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
