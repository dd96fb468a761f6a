"""Copies of two states of the repository, each with a built tree of a few bytes, and their templates."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

SCRIPT = Path(__file__).with_name("synthesise.py")
SHIPPED = ("local", "dev", "prod")
# The output of `make build` besides the functions: the same bytes, and so the same hashes, for both checkouts.
BUILT = (
    *("training/sourcedir.tar.gz", "serving/vendor.tar.gz", "dataset/headlines.csv", "dataset/reviews.csv"),
    *("serving/image/model_code/serving/Dockerfile", "serving/image/model_code/serving/server.py"),
)
# prod is refused until its alarms have a receiver.
HEARD = {"monitoring": {"alarm_email": "ops@example.com"}}
TEMPLATE = ".template.json"
Template = dict[str, Any]


class CheckoutError(Exception):
    """A checkout cannot be read or synthesised; the message is one line."""


@dataclass(frozen=True)
class Environments:
    """A checkout's environments. templates: by environment and stack; refused: those that its settings refuse."""

    templates: dict[str, dict[str, Template]] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()


def of_revision(revision: str, *, repository: Path, to: Path) -> Path:
    """A git revision's files in the folder `to`."""
    command = ["git", "-C", str(repository), "archive", "--format=tar", revision]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise CheckoutError(f"{revision}: {done.stderr.decode().strip().splitlines()[-1]}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(to, filter="data")
    return to


def of_working_tree(repository: Path, *, to: Path) -> Path:
    """The files that git has or would add, as they are now, in the folder `to`."""
    command = ["git", "-C", str(repository), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckoutError(f"{repository}: {done.stderr.strip().splitlines()[-1]}")
    for name in filter(None, done.stdout.split("\0")):
        if (repository / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(repository / name, to / name)
    return to


def add_built(root: Path) -> None:
    """The built tree that synthesising needs, of a few bytes."""
    functions = [handler.parent.name for handler in (root / "lambda_src").rglob("handler.py")]
    for file in (*(f"lambda/{name}/code.py" for name in functions), *BUILT):
        path = root / "build" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"stands for {file}\n", encoding="utf-8")


def templates(root: Path, *, out: Path, combinations: Path | None = None) -> Environments:
    """Synthesise a checkout's shipped environments and, where a file of them is given, combinations made of these."""
    changes: dict[str, Any] = {name: {"of": name, "change": {}} for name in SHIPPED}
    if combinations:
        changes |= yaml.safe_load(combinations.read_text(encoding="utf-8"))
    names = [f"{name}={_settings(root, name, **given)}" for name, given in changes.items()]
    command = [sys.executable, "-P", str(SCRIPT), str(root), str(out), *names]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise CheckoutError(f"{root}: {lines[-1]}")
    read = {name: _read(out / name) for name in changes}
    refused = frozenset(name for name in changes if (out / name / "refused").exists())
    empty = [name for name, found in read.items() if not found and name not in refused]
    if empty:
        raise CheckoutError(f"{root}: no template of {', '.join(empty)}")
    return Environments(templates={name: found for name, found in read.items() if found}, refused=refused)


def _read(folder: Path) -> dict[str, Template]:
    files = sorted(folder.glob(f"*{TEMPLATE}"))
    return {path.name.removesuffix(TEMPLATE): json.loads(path.read_text(encoding="utf-8")) for path in files}


def _settings(root: Path, case: str, *, of: str, change: Template, name: str | None = None, refused: str = "") -> Path:
    """A separate settings file for a combination; `refused` are words of the error, which may change."""
    settings = yaml.safe_load((root / "environments" / f"{of}.yaml").read_text(encoding="utf-8"))
    if of == "prod":
        settings = _merged(settings, HEARD)
    file = root / "compared" / case / f"{name or of}.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump(_merged(settings, change), sort_keys=False), encoding="utf-8")
    return file


def _merged(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}
