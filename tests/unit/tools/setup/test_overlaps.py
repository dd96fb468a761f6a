"""Tests tools/setup/overlaps.py: if two packages bring the same file, the one that requires the other wins."""

import base64
import hashlib
from pathlib import Path

import pytest

from tools.setup import overlaps, uv, venvs
from tools.setup.commands import Runner
from tools.setup.venvs import Venv

ROOT = Path(__file__).resolve().parents[4]


def install(packages: Path, name: str, files: dict[str, str], *, requires: tuple[str, ...] = ()) -> None:
    """Write `files` and the record of a package `name`, as an installer does."""
    info = packages / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    head = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {each}" for each in requires)]
    (info / "METADATA").write_text("\n".join(head) + "\n")
    lines = []
    for path, text in files.items():
        (packages / path).parent.mkdir(parents=True, exist_ok=True)
        (packages / path).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
        lines.append(f"{path},sha256={digest},{len(text)}")
    (info / "RECORD").write_text("\n".join([*lines, f"{info.name}/RECORD,,"]) + "\n")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    return tmp_path / "venv" / "lib" / "python3.11" / "site-packages"


LIB = {"aws/schema/__init__.py": "lib's\n", "aws/__init__.py": "\n"}
SCHEMA = {"aws/schema/__init__.py": "schema's\n"}


def test_the_package_whose_file_was_overwritten_by_what_it_requires_is_named(tmp_path, packages):
    install(packages, "aws-lib", LIB, requires=("aws.schema<2,>=1", "attrs"))
    install(packages, "aws-schema", SCHEMA)
    assert overlaps.overwritten(tmp_path / "venv") == ["aws-lib"]


def test_the_order_of_pip_is_left_alone(tmp_path, packages):
    install(packages, "aws-schema", SCHEMA)
    install(packages, "aws-lib", LIB, requires=("aws.schema<2,>=1",))
    assert overlaps.overwritten(tmp_path / "venv") == []


def test_equal_files_and_unrelated_packages_are_left_alone(tmp_path, packages):
    install(packages, "one", {"tests/__init__.py": "", "shared.py": "1"}, requires=("two",))
    install(packages, "two", {"tests/__init__.py": ""})
    install(packages, "three", {"shared.py": "3"})
    assert overlaps.overwritten(tmp_path / "venv") == []


def test_what_was_overwritten_is_installed_again_in_the_same_way(tmp_path, monkeypatch):
    seen: list[list[str]] = []
    monkeypatch.setattr(Runner, "run", lambda self, command, **_: seen.append([str(part) for part in command][1:]))
    monkeypatch.setattr(overlaps, "overwritten", lambda folder: ["a", "b"])
    (tmp_path / "uv.lock").write_text("version = 1\n")
    made = Venv(".venv-x", "x", "some", disk_gb=0.01)
    (tmp_path / ".venv-x").mkdir()
    for settings in (uv.Settings(), uv.Settings(mirror="https://mirror.example/simple")):
        seen.clear()
        venvs.make(made, uv=uv.Uv(tmp_path, settings), runner=Runner(root=tmp_path), say=lambda _: None)
        assert seen[-1] == [*seen[-2], "--reinstall-package", "a", "--reinstall-package", "b"]


@pytest.mark.parametrize("name", sorted(venvs.VENVS))
def test_the_environments_here_are_as_pip_would_have_made_them(name: str):
    folder = ROOT / venvs.VENVS[name].folder
    if not folder.is_dir():
        pytest.skip(f"{folder.name} is not set up")
    assert overlaps.overwritten(folder) == []
