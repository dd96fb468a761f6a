"""Tests tools/bundling/contracts.py: a bundle gets exactly the modules of contracts/ that it imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.bundling import contracts
from tools.bundling.errors import BundleError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four modules of contracts/, the last of which imports the first."""
    (tmp_path / "contracts").mkdir()
    for name in ("__init__", "a", "b", "c"):
        (tmp_path / f"contracts/{name}.py").write_text("")
    (tmp_path / "contracts/d.py").write_text("from contracts.a import X\n")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import os\nfrom os import path\n", []),
        ("import contracts.b as b\n", ["__init__", "b"]),
        ("from contracts import b, c as see\n", ["__init__", "b", "c"]),
        ("from contracts.b import X\n", ["__init__", "b"]),
        ("def f():\n    from contracts import b\n", ["__init__", "b"]),
        ("from contracts import d\n", ["__init__", "a", "d"]),
    ],
)
def test_what_is_imported_is_taken(root: Path, source: str, modules: list[str]) -> None:
    (root / "part.py").write_text(source)
    assert contracts.needed([root / "part.py"], root=root) == [f"contracts/{name}.py" for name in modules]


def test_so_is_the_reader_of_files_with_what_it_imports(root: Path) -> None:
    (root / "dataset_files").mkdir()
    for name, source in (("__init__", ""), ("a", "from contracts import b\n"), ("b", "")):
        (root / f"dataset_files/{name}.py").write_text(source)
    (root / "part.py").write_text("from dataset_files import a\n")
    needed = ["contracts/__init__.py", "contracts/b.py", "dataset_files/__init__.py", "dataset_files/a.py"]
    assert contracts.needed([root / "part.py"], root=root) == needed


@pytest.mark.parametrize("source", ["from contracts.room import e\n", "from contracts.room.e import X\n"])
def test_a_module_in_a_folder_brings_both_packages(root: Path, source: str) -> None:
    (root / "contracts/room").mkdir()
    for name in ("__init__", "e", "f"):
        (root / f"contracts/room/{name}.py").write_text("")
    (root / "part.py").write_text(source)
    needed = ["contracts/__init__.py", "contracts/room/__init__.py", "contracts/room/e.py"]
    assert contracts.needed([root / "part.py"], root=root) == needed


def test_a_module_that_is_not_there_is_one_line(root: Path) -> None:
    (root / "part.py").write_text("from contracts import nothing\n")
    with pytest.raises(
        BundleError, match=r"part\.py: imports contracts\.nothing, but there is no contracts/nothing\.py"
    ):
        contracts.needed([root / "part.py"], root=root)


@pytest.mark.parametrize(
    "source", ["from . import b\n", "from .b import X\n", "def f():\n    from ..contracts import b\n"]
)
def test_a_relative_import_would_go_unseen_and_is_refused(root: Path, source: str) -> None:
    (root / "contracts/part.py").write_text(source)
    with pytest.raises(BundleError, match=r"part\.py: line \d is a relative import"):
        contracts.needed([root / "contracts/part.py"], root=root)
