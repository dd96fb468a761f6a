"""A cloud assembly on this machine: its digest, its archive, and what it says of an environment's stacks."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from tools.delivery.errors import USAGE, DeliveryError

_STACK = "aws:cloudformation:stack"
_ASSETS = "cdk:asset-manifest"
_BLOCK = 1 << 20


def digest(folder: Path) -> str:
    """SHA-256, in hex, over the sorted relative paths and the bytes of every file below the folder, assets included."""
    every = hashlib.sha256()
    for path in sorted(_files(folder), key=lambda path: path.relative_to(folder).as_posix()):
        name = path.relative_to(folder).as_posix()
        every.update(f"{_content(path)}  {name}\n".encode())
    return every.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise DeliveryError(f"{path} is a link, whose content no digest covers: put a file there", status=USAGE)
        if path.is_file():
            yield path


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(folder: Path, archive: Path) -> None:
    """One file with the whole folder and its files' modes, which an upload of single files would lose."""
    with tarfile.open(archive, "w") as tar:
        for path in sorted(folder.rglob("*")):
            tar.add(path, arcname=path.relative_to(folder).as_posix(), recursive=False)


def unpack(archive: Path, folder: Path) -> None:
    """The folder as `pack` found it; nothing outside it is written."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise DeliveryError(f"{archive} cannot be unpacked ({error}): take the artifact anew", status=USAGE) from None


@dataclass(frozen=True)
class AssemblyStack:
    """A stack of the assembly. imports: names of exports that it needs; roles: of the bootstrap, as the manifest has
    them; bucket: the bootstrap's, which has the assets.
    """

    name: str
    template: dict[str, Any]
    region: str
    account: str | None
    deploy_role: str | None
    publish_role: str | None
    bucket: str
    imports: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True)
class Assembly:
    """The assembly in `folder`."""

    folder: Path

    @cached_property
    def _artifacts(self) -> dict[str, dict[str, Any]]:
        try:
            manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DeliveryError(
                f'{self.folder} has no cloud assembly: make assembly ENVS="dev prod" makes one', status=USAGE
            ) from None
        # A stack whose name is its artifact's id has no name of its own there.
        return {
            key: {"name": value.get("properties", {}).get("stackName", key), **value}
            for key, value in manifest["artifacts"].items()
        }

    def stacks(self, prefix: str) -> list[AssemblyStack]:
        """An environment's stacks in the order of their deployment. Raises DeliveryError if there are none.

        prefix: what is before the component in their names, `Rubric-dev`.
        """
        found = {key: value for key, value in self._artifacts.items() if value["type"] == _STACK}
        graph = {key: [each for each in value.get("dependencies", []) if each in found] for key, value in found.items()}
        ordered = [key for key in TopologicalSorter(graph).static_order() if _prefix(found[key]) == prefix]
        if not ordered:
            there = ", ".join(sorted({_prefix(value) for value in found.values()}))
            raise DeliveryError(
                f"The assembly has no stacks of {prefix}, only of {there}: name every environment in ENVS",
                status=USAGE,
            )
        return [self._stack(found[key]) for key in ordered]

    def _stack(self, artifact: dict[str, Any]) -> AssemblyStack:
        properties = artifact["properties"]
        template = json.loads((self.folder / properties["templateFile"]).read_text(encoding="utf-8"))
        account, region = re.fullmatch(r"aws://([^/]+)/(.+)", artifact["environment"]).groups()  # type: ignore[union-attr]
        destination = self._destination(artifact)
        return AssemblyStack(
            name=artifact["name"],
            template=template,
            region=region,
            account=account if account.isdigit() else None,
            deploy_role=properties.get("assumeRoleArn"),
            publish_role=destination.get("assumeRoleArn"),
            bucket=destination["bucketName"],
            imports=frozenset(_imports(template)),
        )

    def _destination(self, artifact: dict[str, Any]) -> dict[str, Any]:
        """Where the stack's template is uploaded to."""
        for each in artifact.get("dependencies", []):
            manifest = self._artifacts.get(each, {})
            if manifest.get("type") == _ASSETS:
                assets = json.loads((self.folder / manifest["properties"]["file"]).read_text(encoding="utf-8"))
                for file in assets["files"].values():
                    return dict(next(iter(file["destinations"].values())))
        raise DeliveryError(f"{artifact['name']} has no asset manifest: synthesise it again")


def _prefix(artifact: dict[str, Any]) -> str:
    return str(artifact["name"]).rpartition("-")[0]


def _imports(value: Any) -> Iterator[str]:
    """The names in every Fn::ImportValue."""
    if isinstance(value, dict):
        if isinstance(value.get("Fn::ImportValue"), str):
            yield value["Fn::ImportValue"]
        for each in value.values():
            yield from _imports(each)
    elif isinstance(value, list):
        for each in value:
            yield from _imports(each)
