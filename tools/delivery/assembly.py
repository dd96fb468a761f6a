"""A cloud assembly on this machine: its digest, its archive, and what it says of an environment's stacks."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from ops.changes.assembly import StackArtifact, read
from tools.delivery.errors import USAGE, DeliveryError

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
    """A stack of the assembly, for its delivery.

    file: its template's; imports: names of exports that it needs; roles: of the bootstrap, as the manifest has them;
    bucket: the bootstrap's, which has the assets; tags: the stack's own.
    """

    name: str
    template: dict[str, Any]
    region: str
    account: str | None
    deploy_role: str | None
    publish_role: str | None
    bucket: str
    imports: frozenset[str] = field(default=frozenset())
    execution_role: str | None = None
    file: Path = Path()
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assembly:
    """The assembly in `folder`."""

    folder: Path

    def stacks(self, prefix: str) -> list[AssemblyStack]:
        """An environment's stacks in the order of their deployment. Raises OpsError if there are none.

        prefix: what is before the component in their names, `Rubric-dev`.
        """
        found = {stack.id: stack for stack in read(self.folder).values()}
        graph = {key: [each for each in stack.needs if each in found] for key, stack in found.items()}
        ordered = [key for key in TopologicalSorter(graph).static_order() if _prefix(found[key]) == prefix]
        if not ordered:
            there = ", ".join(sorted({_prefix(stack) for stack in found.values()}))
            raise DeliveryError(
                f"The assembly has no stacks of {prefix}, only of {there}: name every environment in ENVS",
                status=USAGE,
            )
        return [_stack(found[key]) for key in ordered]


def _stack(stack: StackArtifact) -> AssemblyStack:
    destination = next(stack.files(), None)
    if destination is None or stack.region is None:
        raise DeliveryError(f"{stack.name} has no asset manifest or no region: synthesise it again")
    return AssemblyStack(
        name=stack.name,
        template=stack.template,
        region=stack.region,
        account=stack.account,
        deploy_role=stack.properties.get("assumeRoleArn"),
        publish_role=destination.get("assumeRoleArn"),
        bucket=destination["bucketName"],
        imports=frozenset(_imports(stack.template)),
        execution_role=stack.properties.get("cloudFormationExecutionRoleArn"),
        file=stack.file,
        tags=dict(stack.properties.get("tags") or {}),
    )


def _prefix(stack: StackArtifact) -> str:
    return stack.name.rpartition("-")[0]


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
