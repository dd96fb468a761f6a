"""A checkout at a path that some tools handle badly: with a space, an apostrophe and non-ASCII letters."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from tests.clone import ROOT
from tools.setup import stamps, uv, venvs

ODD = "l'été à Zürich"
ENVIRONMENTS = ("app", "model", "aws")
# As installers write the first lines of a command where a path has a space, which no `#!` can name.
SHEBANG = "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''"
FIRST = re.compile(rb"#!(?:/bin/sh\n'''exec' [^\n]*|[^\n]*/)bin/(python3?)(?:['\"]* \"\$0\" \"\$@\"\n' ''')?(?=\n)")


def odd_checkout(parent: Path) -> Path:
    """This clone below `parent` as it is now, ready to use: files that Git has or would add, environments, build."""
    root = parent / ODD
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    for name in ENVIRONMENTS:
        _environment(venvs.VENVS[name], root)
    for name in (uv.FOLDER, "node_modules"):
        _linked(ROOT / name, root / name)
    _linked(ROOT / "build", root / "build", leave_out=".cache")
    (root / "build/.cache").symlink_to(ROOT / "build/.cache")
    return root


def _environment(venv: venvs.Venv, root: Path) -> None:
    """The environment as set-up would have made it there; its packages are links to the clone's."""
    here, there = ROOT / venv.folder, root / venv.folder
    [packages] = here.glob("lib/python*/site-packages")
    copied = there / packages.relative_to(here)
    copied.mkdir(parents=True)
    for entry in packages.iterdir():
        if entry.name.startswith("__editable__") and entry.is_file():
            (copied / entry.name).write_text(_moved(entry.read_text(), root))
        elif entry.name != "__pycache__":
            (copied / entry.name).symlink_to(entry)
    (there / "bin").mkdir()
    for entry in (here / "bin").iterdir():
        if entry.is_symlink():
            (there / "bin" / entry.name).symlink_to(entry.readlink())
        elif entry.is_file():
            _program(entry, there / "bin" / entry.name, there)
    (there / "pyvenv.cfg").write_text((here / "pyvenv.cfg").read_text())
    python = stamps.read(here)["python"]
    stamps.write(there, state=stamps.COMPLETE, digest=venvs.wanted_digest(venv, root=root), python=python)


def _program(source: Path, target: Path, there: Path) -> None:
    # The clone's own path may be as odd as the checkout's.
    content = source.read_bytes()
    if first := FIRST.match(content):
        python = there / "bin" / first[1].decode()
        content = SHEBANG.format(python=python).encode() + content[first.end() :]
    target.write_bytes(content)
    target.chmod(stat.S_IMODE(source.stat().st_mode))


def _moved(code: str, root: Path) -> str:
    """Python code with the paths below the clone as the same below `root`."""
    literal = re.compile(r"(?P<quote>['\"])" + re.escape(str(ROOT)) + r"(?P<rest>/(?:(?!(?P=quote)).)*)(?P=quote)")
    return literal.sub(lambda found: repr(f"{root}{found['rest']}"), code)


def _linked(source: Path, target: Path, *, leave_out: str = "") -> None:
    shutil.copytree(
        source,
        target,
        symlinks=True,
        copy_function=_link,
        ignore=lambda place, names: [n for n in names if n == leave_out],
    )


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system
        shutil.copy2(source, target, follow_symlinks=False)
