"""Finds the tests for a change: those that import or name a changed file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import grimp

from tools.testing.suites import LOCAL_AWS, LOCAL_AWS_TESTS, LONG_TESTS, MODEL_TESTS, Suite, suites

CHECKED = ("unit", "model", "stacks")
# A test, its imports and their imports: the tests of a module and of its callers, not of the whole project.
STEPS = 2
# Folders that hold packages beside the clone itself; the inner one first.
PLACES = (f"{LOCAL_AWS}/tests", LOCAL_AWS)


class GitError(Exception):
    """git does not know the revision; the message is git's own line."""


def files(root: Path, since: str) -> list[Path]:
    """Paths, relative to `root`, that differ from the revision `since`, untracked ones included.

    Raises:
        GitError: git does not know the revision.
    """
    output = ""
    for command in (
        ("diff", "-z", "--name-only", "--relative", "--diff-filter=d", since, "--"),
        ("ls-files", "-z", "--others", "--exclude-standard"),
    ):
        done = subprocess.run(["git", *command], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise GitError(done.stderr.strip().splitlines()[0])
        output += done.stdout
    return sorted({Path(line) for line in output.split("\0") if line})


def tests(root: Path, changed: Iterable[Path]) -> list[Path]:
    """The test modules to run for the `changed` paths, relative to `root`.

    A Python module is followed through the imports. Any other file has the tests that name it.
    """
    changed = list(changed)
    code = [path for path in changed if path.suffix == ".py"]
    modules = {_module(path) for path in code}
    others = {path.name for path in changed if path not in code}
    selected: set[Path] = set()
    folders = [root, *(root / place for place in PLACES)]
    sys.path += [str(folder) for folder in folders if str(folder) not in sys.path]  # grimp looks there
    paths = {each.parent.name: folder.relative_to(root) for folder in folders for each in folder.glob("*/__init__.py")}
    graph = grimp.build_graph(*paths, cache_dir=None)
    reached = set(modules & graph.modules)
    for _ in range(STEPS):
        reached |= {user for module in reached for user in graph.find_modules_that_directly_import(module)}
    for module in reached | (graph.modules if others else set()):
        path = paths[module.partition(".")[0]].joinpath(*module.split(".")).with_suffix(".py")
        if not path.name.startswith("test_") or "tests" not in path.parts:
            continue
        if module in reached or any(name in (root / path).read_text(encoding="utf-8") for name in others):
            selected.add(path)
    if any(module.partition(".")[0] in {"stacks", "environments"} for module in modules):
        # A stack's tests read templates, which no import leads to.
        selected |= {path.relative_to(root) for path in root.glob("tests/stacks/**/test_*.py")}
    return sorted(path for path in selected if not path.is_relative_to(LONG_TESTS))


def checks(root: Path, since: str) -> list[Suite]:
    """The linters, and the parts of the quick suites for the changes since the revision `since`."""
    chosen = tests(root, files(root, since))
    made = []
    for suite in suites(root):
        if suite.name == "lint":
            made.append(suite)
        if suite.name not in CHECKED:
            continue
        own = [str(path) for path in chosen if _suite_of(path) == suite.name]
        if own:
            python = suite.commands[0][0]
            made.append(Suite(suite.name, ((python, "-m", "pytest", "-q", *own),), measured=False))
    return made


def _module(path: Path) -> str:
    place = next((each for each in PLACES if path.is_relative_to(each)), ".")
    return ".".join(path.relative_to(place).with_suffix("").parts).removesuffix(".__init__")


def _suite_of(path: Path) -> str:
    if any(path.is_relative_to(folder) for folder in MODEL_TESTS):
        return "model"
    own = (name for name, place in LOCAL_AWS_TESTS.items() if path.is_relative_to(place))
    return next(own, path.parts[1])
