"""Every environment and combination, synthesised once for all tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.published.synthesised.synthesis import SHIPPED, written
from tests.published.synthesised.world import World, synthesised
from tests.stacks.built import BUILT
from tests.stacks.conftest import REPOSITORY


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository's root with the shipped environments, no override and a small built tree."""
    root = tmp_path_factory.mktemp("published")
    (root / "environments").mkdir()
    for name in SHIPPED:
        shutil.copy(REPOSITORY / "environments" / f"{name}.yaml", root / "environments")
    shutil.copytree(REPOSITORY / "environments" / "registry", root / "environments" / "registry")
    shutil.copy(REPOSITORY / "cdk.json", root)
    lock = root / "model_code" / "training" / "requirements.lock"
    lock.parent.mkdir(parents=True)
    shutil.copy(REPOSITORY / lock.relative_to(root), lock)
    for file in BUILT:
        path = root / "build" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"stands for {file}\n", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def world(root: Path) -> Iterator[World]:
    """The result of every combination, in the order of the file."""
    yield synthesised(written(root / "settings", root=root), root=root, build=root / "build", out=root / "out")
