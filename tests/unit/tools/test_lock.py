"""uv.lock and its exports have each version once, a hash for all but torch, and nothing specific to this machine."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import lock, training_lock
from tools.setup import torch_build, uv, venvs

ROOT = Path(__file__).resolve().parents[3]
LOCK = (ROOT / venvs.LOCK).read_text("utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FILES = "https://files.pythonhosted.org/packages/"


def foreign(text: str) -> set[str]:
    """The source of a package in the lock, unless it is PyPI or the clone itself."""
    places = set(re.findall(r'\b(?:registry|url|path|git|directory|editable|virtual) = "([^"]*)"', text))
    return {place for place in places if not place.startswith(FILES)} - {lock.PYPI, "."}


@cache
def packages() -> list[dict[str, Any]]:
    """The packages in the lock, without the clone itself."""
    return [package for package in tomllib.loads(LOCK)["package"] if package["source"] != {"editable": "."}]


def test_the_lock_says_nothing_of_the_machine_that_wrote_it() -> None:
    assert foreign(LOCK) == set()
    words = set(re.findall(r"\b(?:file|https?)://[^/\s\"]*", LOCK))
    assert words == {"https://pypi.org", "https://files.pythonhosted.org"}


@pytest.mark.parametrize(
    "other",
    [
        LOCK.replace(lock.PYPI, "https://mirror.example/simple"),
        LOCK.replace(FILES, "https://mirror.example/packages/"),
        LOCK.replace(f'url = "{FILES}', 'path = "/opt/wheels/'),
    ],
    ids=["mirror", "mirrored files", "local files"],
)
def test_a_mirror_or_a_path_would_be_seen(other: str) -> None:
    assert foreign(other)


def test_every_file_of_every_package_has_its_hash() -> None:
    for package in packages():
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert files and all(re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) for file in files), package["name"]


def test_torch_and_what_only_its_gpu_builds_need_are_not_in_it() -> None:
    names = {package["name"] for package in packages()}
    assert {name for name in names if name.startswith(("nvidia", "cuda")) or name in ("torch", "triton")} == set()
    for brings in training_lock.images().values():
        assert brings["torch"].startswith(torch_build.VERSION)


def test_pyproject_and_the_lock_say_the_same() -> None:
    """Else: `python -m tools.lock`."""
    lock._uv(["lock", "--check", "--offline"])


def test_the_exported_files_are_those_of_the_lock() -> None:
    """Else: `python -m tools.lock`."""
    for name, text in lock.files().items():
        assert (ROOT / name).read_text("utf-8") == text, name


def test_a_package_that_somebody_changed_in_an_exported_file_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_uv", lambda arguments: "x==1\n")
    assert (ROOT / "requirements.txt").read_text("utf-8") != lock.files()["requirements.txt"]


def test_what_is_asked_for_is_pinned() -> None:
    """Except for torch's own needs, the other packages' pins suit it."""
    loose = {
        f"{group}: {line}"
        for group in PYPROJECT["dependency-groups"]
        for line in lock.requirements_of(group)
        if group != "beside-torch" and not re.fullmatch(r"==[^*]+", str(Requirement(line).specifier))
    }
    assert loose == set()


def test_the_local_aws_asks_for_what_its_environments_have() -> None:
    """It is a separate distribution; one lock has the versions for all."""
    own = tomllib.loads((ROOT / "local-aws" / "pyproject.toml").read_text("utf-8"))
    assert own["project"]["dependencies"] == lock.requirements_of("aws")
    assert set(own["dependency-groups"]["test"]) <= set(lock.requirements_of("dev"))
    assert own["project"]["requires-python"] == PYPROJECT["project"]["requires-python"]


def test_the_pinned_uv_is_the_one_that_the_project_asks_for() -> None:
    [version] = lock.requirements_of("uv")
    assert PYPROJECT["tool"]["uv"]["required-version"] == version.removeprefix("uv")
    assert version in (ROOT / uv.REQUIREMENTS).read_text("utf-8")


def test_each_environment_has_its_group_and_holds_what_it_says() -> None:
    for venv in venvs.VENVS.values():
        assert venv.group in PYPROJECT["dependency-groups"]
        for site in (ROOT / venv.folder).glob("lib/python*/site-packages"):
            result = {path.name.removesuffix(".dist-info").rpartition("-") for path in site.glob("*.dist-info")}
            installed = {canonicalize_name(name): version for name, _, version in result}
            beside = {"torch", "rubric"} | {name for name in installed if name.startswith(("nvidia", "cuda", "triton"))}
            assert {name: installed[name] for name in installed if name not in beside} == lock.pins(venv.group)


def test_training_and_serving_have_the_same_versions() -> None:
    training, serving = lock.pins("training"), lock.pins("serving")
    shared = training.keys() & serving.keys()
    assert shared
    assert {name: training[name] for name in shared} == {name: serving[name] for name in shared}


def test_without_uv_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lock, "FOLDER", ".no-such-environment")
    assert lock.main([]) == 1
    assert capsys.readouterr().err.endswith("bin/uv is missing: run `make setup`\n")
