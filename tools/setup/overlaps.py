"""Settles which file stays when two installed packages bring the same one, as pip would.

uv installs side by side, so the last to write wins. aws-cdk-lib 2.275 and aws-cdk.cloud-assembly-schema 55.3 both
bring aws_cdk/cloud_assembly_schema/__init__.py, and with the latter's jsii does not know aws-cdk-lib's types.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from importlib.metadata import Distribution, PackagePath, distributions
from pathlib import Path


def _normal(name: str) -> str:
    """A package's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _required(distribution: Distribution) -> set[str]:
    """The names of the packages that `distribution` requires."""
    matches = (re.match(r"[\w.-]+", line) for line in distribution.requires or [])
    return {_normal(match.group()) for match in matches if match}


def _recorded(file: PackagePath) -> str:
    """The file's digest in its package's RECORD, such as `sha256=...`; empty where it has none."""
    return f"{file.hash.mode}={file.hash.value}" if file.hash else ""


def _on_disk(path: Path) -> str:
    """The digest of the file at `path`, written as in a RECORD; empty without a file."""
    if not path.is_file():
        return ""
    digest = hashlib.sha256(path.read_bytes()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def overwritten(folder: Path) -> list[str]:
    """The packages in the environment at `folder` to install again: a file of theirs is that of one they depend on.

    pip installs a package's dependencies first, so the package's own file stays.
    """
    names = set()
    for packages in folder.glob("lib/python*/site-packages"):
        owners: dict[str, list[tuple[Distribution, str]]] = defaultdict(list)
        for distribution in distributions(path=[str(packages)]):
            for file in distribution.files or []:
                owners[str(file)].append((distribution, _recorded(file)))
        for name, claims in owners.items():
            if len({digest for _, digest in claims}) < 2:
                continue
            actual = _on_disk(packages / name)
            for distribution, digest in claims:
                others = {_normal(other.name) for other, other_digest in claims if other_digest == actual}
                if digest != actual and others & _required(distribution):
                    names.add(_normal(distribution.name))
    return sorted(names)
