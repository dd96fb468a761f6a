"""The virtual environments: what goes into each, and making them."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.setup import overlaps, stamps, torch_build
from tools.setup.commands import Runner
from tools.setup.uv import Uv

RECIPE = "3"  # Raise it when environments are made differently, to update old ones.
LOCK = "uv.lock"


@dataclass(frozen=True)
class Venv:
    """An environment with the packages of a `group` of pyproject.toml, as uv.lock has them.

    on_demand: `all` leaves it out. torch: it also has torch, whose build is chosen for this machine; cpu_only: never
    one for a GPU. editable: it also has the rubric command. disk_gb: where uv cannot link to the files in its cache.
    """

    folder: str
    title: str
    group: str
    disk_gb: float
    torch: bool = False
    cpu_only: bool = False
    editable: bool = False
    on_demand: bool = False


VENVS = {
    "app": Venv(".venv", "app, tools, tests (.venv)", "dev", disk_gb=1.9, editable=True),
    "model": Venv(".venv-model", "model (.venv-model)", "model", disk_gb=2.5, torch=True),
    "aws": Venv(".venv-aws", "local AWS (.venv-aws)", "aws", disk_gb=0.2),
    "notebooks": Venv(
        ".venv-notebooks", "notebooks (.venv-notebooks)", "notebooks", disk_gb=2.5, torch=True, on_demand=True
    ),
    "huggingface": Venv(
        ".venv-huggingface",
        "Hugging Face container (.venv-huggingface)",
        "huggingface",
        disk_gb=1.5,
        torch=True,
        cpu_only=True,
        on_demand=True,
    ),
    "mongodb": Venv(
        ".venv-mongodb", "MongoDB server for tests (.venv-mongodb)", "mongodb", disk_gb=0.3, on_demand=True
    ),
    "bench": Venv(
        ".venv-bench",
        "other model servers (.venv-bench)",
        "bench",
        disk_gb=2.1,
        torch=True,
        cpu_only=True,
        on_demand=True,
    ),
}
# Benchmarks start servers of both.
ALONG = {"bench": "huggingface"}


def chosen(names: Iterable[str]) -> list[str]:
    """The environments that `names` ask for, in the order of VENVS. None, or "all": all but those on demand."""
    requested = set(names) or {"all"}
    wanted = {name for name, venv in VENVS.items() if name in requested or ("all" in requested and not venv.on_demand)}
    wanted |= {ALONG[name] for name in wanted if name in ALONG}
    return [name for name in VENVS if name in wanted]


def _project_table(root: Path) -> str:
    """The parts of pyproject.toml that an editable install uses; the rest (linters and so on) may change freely."""
    tables = tomllib.loads((root / "pyproject.toml").read_text())
    return repr([tables.get("project"), tables.get("build-system"), tables.get("tool", {}).get("setuptools")])


def wanted_digest(venv: Venv, *, root: Path) -> str:
    """The digest that the environment's stamp has when it is up to date."""
    also = [RECIPE, str(root), venv.group]
    if venv.torch:
        also.append(torch_build.VERSION)
    if venv.editable:
        also.append(_project_table(root))
    return stamps.digest([root / LOCK], also=also)


def python_of(folder: Path) -> Path:
    """The interpreter of the environment in `folder`."""
    return folder / "bin" / "python"


def _interpreter(folder: Path) -> str:
    """The real file behind the environment's interpreter; another one, or none, after the system's Python changed."""
    python = python_of(folder)
    return str(python.resolve()) if python.exists() else "(gone)"


def is_current(venv: Venv, *, root: Path) -> bool:
    """Whether the environment is there, whole, and made from the present lock."""
    stamp = stamps.read(root / venv.folder)
    return (
        stamp.get("state") == stamps.COMPLETE
        and stamp.get("digest") == wanted_digest(venv, root=root)
        and stamp.get("python") == _interpreter(root / venv.folder)
    )


def _can_be_updated(venv: Venv, *, root: Path) -> bool:
    """Whether an environment of another lock is sound enough to install into; if not, it is recreated."""
    folder = root / venv.folder
    stamp, made = stamps.read(folder), folder / "pyvenv.cfg"
    is_whole = stamp.get("state") == stamps.COMPLETE and stamp.get("python") == _interpreter(folder)
    return is_whole and made.is_file() and "\nuv = " in made.read_text()


def make(venv: Venv, *, uv: Uv, runner: Runner, say: Callable[[str], None]) -> None:
    """Create the environment or bring it up to date. The stamp is `installing` until the very end."""
    root, folder, digest = uv.root, uv.root / venv.folder, wanted_digest(venv, root=uv.root)

    def run(*arguments: str | Path) -> None:
        what = f"setting up {venv.folder}"
        runner.run([uv.program, *arguments], what=what, env=uv.environ(folder))

    if not _can_be_updated(venv, root=root):
        shutil.rmtree(folder, ignore_errors=True)
        run("venv", "--quiet", "--no-project", "--python", sys.executable, folder)
    stamps.write(folder, state=stamps.INSTALLING, digest=digest)
    locked = ("--frozen", "--only-group", venv.group)
    if uv.settings.mirror:
        # uv.lock has PyPI's URLs: from elsewhere, the same packages by their hashes.
        file = folder / "requirements.txt"
        run("export", "--quiet", *locked, "--output-file", file)
        mirror = ("--default-index", uv.settings.mirror)
        sync: tuple[str | Path, ...] = ("pip", "sync", "--require-hashes", *mirror, "--python", folder, file)
    else:
        sync = ("sync", *locked)
    run(*sync)
    if again := overlaps.overwritten(folder):
        run(*sync, *(word for name in again for word in ("--reinstall-package", name)))
    if venv.torch:
        build = torch_build.choose(uv=uv, folder=folder, cpu_only=venv.cpu_only)
        if build.note:
            say(build.note)
        run(*torch_build.install(folder), *build.arguments)
    if venv.editable:
        run("pip", "install", "--python", folder, "--no-deps", "--no-build-isolation", "--editable", root)
    stamps.write(folder, state=stamps.COMPLETE, digest=digest, python=_interpreter(folder))
