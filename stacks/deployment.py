"""The input of every stack: the environment's settings and the output of `make build`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk

from environments.settings import Settings


class MissingBuildError(Exception):
    """A file that `make build` creates is missing; the message is one line for the user."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where functions and SageMaker's containers run in a VPC; ids, of the VPC, subnets and security groups."""

    vpc_id: str
    subnet_ids: Sequence[str]
    function_groups: Sequence[str]
    container_groups: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One environment to synthesise. root: the repository; build_dir: where `make build` writes.

    placement: None where nothing runs in a VPC.
    """

    settings: Settings
    root: Path
    build_dir: Path
    placement: Placement | None = None

    @property
    def removal_policy(self) -> cdk.RemovalPolicy:
        """What happens to stored data when its stack is destroyed."""
        return cdk.RemovalPolicy.RETAIN if self.settings.data.retain else cdk.RemovalPolicy.DESTROY

    def built(self, *parts: str) -> str:
        """Path of a built file or folder; MissingBuildError if it is missing."""
        return self._existing(self.build_dir.joinpath(*parts))

    def dataset_files(self) -> list[str]:
        """Paths of the files and folders that the settings name as the dataset; none with another source."""
        return [self._dataset_file(Path(path).expanduser()) for path in self.settings.data.dataset.path or []]

    def _dataset_file(self, path: Path) -> str:
        if path.parts[:1] == ("build",):
            return self.built(*path.parts[1:])
        return self._existing(self.root / path)

    def base_model_folder(self) -> str | None:
        """The base model's folder on this machine, or None if it is compact, on the hub or in S3."""
        folder = self.root / Path(self.settings.training.base_model).expanduser()
        return str(folder) if folder.is_dir() else None

    def _existing(self, path: Path) -> str:
        if not path.exists():
            shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
            named = self.root / "environments" / f"{self.settings.name}.yaml"
            env = self.settings.name if named.is_file() else "<its path>"
            raise MissingBuildError(f"{shown} is missing; run `make build ENV={env}`")
        return str(path)
