"""Every pinned package supports the oldest Python that the README promises."""

from __future__ import annotations

from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from tools.setup_env import OLDEST

ROOT = Path(__file__).resolve().parents[3]
FIRST_RELEASE = ".".join(map(str, (*OLDEST, 0)))  # Debian 12 has 3.11.2: a pin that asks for 3.11.5 fails there


def too_new(packages: Path, *, python: str = FIRST_RELEASE) -> list[str]:
    """`package: its requirement` for each installed package that refuses this version of Python."""
    found = []
    for file in sorted(packages.glob("*.dist-info/METADATA")):
        header = HeaderParser().parsestr(file.read_text(encoding="utf-8", errors="replace"), headersonly=True)
        required = header.get("Requires-Python", "")
        if python not in SpecifierSet(required):
            found.append(f"{header['Name']} {header['Version']}: {required}")
    return found


@pytest.mark.parametrize(
    "environment", [".venv", ".venv-model", ".venv-aws", ".venv-notebooks", ".venv-huggingface", ".venv-mongodb"]
)
def test_no_package_asks_for_a_newer_python(environment: str) -> None:
    [packages] = (ROOT / environment).glob("lib/python*/site-packages")
    assert list(packages.glob("*.dist-info"))
    assert too_new(packages) == []


def test_one_that_does_is_seen(tmp_path: Path) -> None:
    (tmp_path / "soup-4.dist-info").mkdir()
    (tmp_path / "soup-4.dist-info" / "METADATA").write_text("Name: soup\nVersion: 4\nRequires-Python: >=3.11.5\n\ntext")
    assert too_new(tmp_path) == ["soup 4: >=3.11.5"]
