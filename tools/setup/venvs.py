"""The virtual environments: what goes into each, and making them."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.setup import stamps, torch_build
from tools.setup.commands import Runner
from tools.setup.errors import SetupError

RECIPE = "1"  # Raise it when the way environments are made changes, so that old ones are brought up to date.
PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar", "off", "--no-compile"]


@dataclass(frozen=True)
class Venv:
    """An environment. Each of `files` is a pip run of its own: one with hashes would ask for everybody's hashes.

    over: the name of the environment whose packages it also sees. complete: `files` name every package, so that pip
    follows no dependencies. on_demand: `all` leaves it out. torch: one of `files` pins torch, whose build is chosen for
    this machine; cpu_only: never one for a GPU.
    """

    folder: str
    title: str
    files: tuple[str, ...]
    disk_gb: float
    torch: bool = False
    cpu_only: bool = False
    editable: bool = False
    over: str = ""
    complete: bool = False
    on_demand: bool = False


VENVS = {
    "app": Venv(
        ".venv",
        "app, tools, tests (.venv)",
        ("requirements.txt", "lambda_src/requirements.txt", "requirements-dev.txt"),
        disk_gb=1.9,
        editable=True,
    ),
    "model": Venv(
        ".venv-model",
        "model (.venv-model)",
        ("model_code/training/requirements.txt", "model_code/serving/requirements.txt", "requirements-model.txt"),
        disk_gb=2.5,
        torch=True,
    ),
    "aws": Venv(".venv-aws", "local AWS (.venv-aws)", ("requirements-aws.txt",), disk_gb=0.2),
    "notebooks": Venv(
        ".venv-notebooks",
        "notebooks (.venv-notebooks)",
        ("requirements-notebooks.txt",),
        disk_gb=0.4,
        over="model",
        complete=True,
        on_demand=True,
    ),
    "huggingface": Venv(
        ".venv-huggingface",
        "Hugging Face container (.venv-huggingface)",
        ("requirements-huggingface.txt",),
        disk_gb=1.5,
        torch=True,
        cpu_only=True,
        complete=True,
        on_demand=True,
    ),
    "bench": Venv(
        ".venv-bench",
        "other model servers (.venv-bench)",
        ("requirements-bench.txt",),
        disk_gb=0.6,
        over="huggingface",
        complete=True,
        on_demand=True,
    ),
}


def chosen(names: Iterable[str]) -> list[str]:
    """The environments that `names` ask for, with those that they are over. None, or "all": all but those on demand."""
    asked = set(names) or {"all"}
    wanted = {name for name, venv in VENVS.items() if name in asked or ("all" in asked and not venv.on_demand)}
    wanted |= {VENVS[name].over for name in wanted if VENVS[name].over}
    return [name for name in VENVS if name in wanted]


def included(file: Path) -> list[Path]:
    """`file` and every requirement or constraint file that it names, each once, in reading order."""
    found = [file]
    if file.is_file():
        for name in re.findall(r"^-[rc]\s+(\S+)", file.read_text(), flags=re.MULTILINE):
            found += [path for path in included(file.parent / name) if path not in found]
    return found


def _project_table(root: Path) -> str:
    """What an editable install takes from pyproject.toml; the rest (linters and so on) may change freely."""
    tables = tomllib.loads((root / "pyproject.toml").read_text())
    return repr([tables.get("project"), tables.get("build-system"), tables.get("tool", {}).get("setuptools")])


def wanted_digest(venv: Venv, *, root: Path) -> str:
    """The digest that the environment's stamp has when it is up to date."""
    files = [path for name in venv.files for path in included(root / name)]
    also = [RECIPE, str(root)]
    if venv.editable:
        also.append(_project_table(root))
    return stamps.digest(files, also=also)


def python_of(folder: Path) -> Path:
    """The interpreter of the environment in `folder`."""
    return folder / "bin" / "python"


def _interpreter(folder: Path) -> str:
    """The real file behind the environment's interpreter; another one, or none, after the system's Python changed."""
    python = python_of(folder)
    return str(python.resolve()) if python.exists() else "(gone)"


def is_current(venv: Venv, *, root: Path) -> bool:
    """Whether the environment is there, whole, and made from the present files."""
    stamp = stamps.read(root / venv.folder)
    return (
        stamp.get("state") == stamps.COMPLETE
        and stamp.get("digest") == wanted_digest(venv, root=root)
        and stamp.get("python") == _interpreter(root / venv.folder)
    )


def _can_be_updated(venv: Venv, *, root: Path) -> bool:
    """Whether an environment of other requirements is sound enough to install into; else it is made anew."""
    stamp = stamps.read(root / venv.folder)
    same_python = stamp.get("python") == _interpreter(root / venv.folder)
    return same_python and stamp.get("state") == stamps.COMPLETE


def _see_packages_of(below: Path, folder: Path) -> None:
    """Let the environment in `folder` import what the one in `below` has or will have, after what it has itself."""
    packages = next(folder.glob("lib/python*/site-packages"))
    # addsitedir and not a bare path: it also reads the .pth files that are there.
    line = f"import site; site.addsitedir({str(below / packages.relative_to(folder))!r})\n"
    (packages / "rubric-over.pth").write_text(line)


def _torch_pin(venv: Venv, *, root: Path) -> str:
    for name in venv.files:
        if found := re.search(r"^torch==([\w.]+)", (root / name).read_text(), flags=re.MULTILINE):
            return found[1]
    raise SetupError(f"{venv.files[-1]}: it has no line torch==<version>")


def make(venv: Venv, *, root: Path, runner: Runner, doing: Callable[[str], None], say: Callable[[str], None]) -> None:
    """Create the environment or bring it up to date. The stamp says `installing` until the very end."""
    folder, digest = root / venv.folder, wanted_digest(venv, root=root)
    python = python_of(folder)
    anew = not _can_be_updated(venv, root=root)
    if anew and folder.exists():
        doing("removing an unfinished or outdated one")
        shutil.rmtree(folder)
    stamps.write(folder, state=stamps.INSTALLING, digest=digest)
    if anew:
        doing("creating")
        runner.run([sys.executable, "-m", "venv", folder], what=f"creating {venv.folder}")
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    env = {"TMPDIR": str(temporary), "PIP_USER": "0", "PYTHONNOUSERSITE": "1"}

    no_deps = ["--no-deps"] if venv.complete else []

    def install(arguments: list[str], what: str) -> None:
        doing(f"installing {what}")
        runner.run([python, *PIP, *arguments], what=f"installing {what} into {venv.folder}", on_activity=doing, env=env)

    if venv.torch:
        doing("choosing a build of torch")
        build = torch_build.choose(python=python, pin=_torch_pin(venv, root=root), cpu_only=venv.cpu_only)
        if build.note:
            say(build.note)
        install([*no_deps, *build.arguments], "torch")
    for name in venv.files:
        install([*no_deps, "-r", name], name)
    if venv.over:
        _see_packages_of(root / VENVS[venv.over].folder, folder)
    if venv.editable:
        install(["--no-deps", "--no-build-isolation", "--editable", "."], "the rubric command")
    shutil.rmtree(temporary, ignore_errors=True)
    stamps.write(folder, state=stamps.COMPLETE, digest=digest, python=_interpreter(folder))
