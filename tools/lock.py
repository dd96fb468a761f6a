"""Writes uv.lock and the files that are exported from it: `python -m tools.lock [--upgrade PACKAGE ...]`.

pyproject.toml names each environment's direct packages; uv.lock has the versions and hashes of all packages.
Those who have no uv (the bundles' pip, an image's Dockerfile, GitHub's runner) get a file of one group.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.setup.uv import FOLDER, REQUIREMENTS

ROOT = Path(__file__).resolve().parents[1]
PYPI = "https://pypi.org/simple"
WRITTEN = "# Written by `python -m tools.lock` from pyproject.toml and uv.lock: change those."
EVERYWHERE = " ; sys_platform == 'darwin' or sys_platform == 'linux'"  # as in tool.uv.environments, so redundant

# file -> its group and its purpose.
EXPORTS = {
    "requirements.txt": (
        "app",
        "What the CDK application, the rubric command and the local AWS's command line run on.",
    ),
    REQUIREMENTS: ("uv", "What makes the environments (tools/setup)."),
    "lambda_src/requirements.txt": (
        "lambda",
        "The Lambdas' third-party packages: pure Python. boto3 is the runtime's own. Bundled by tools/bundle.py\n"
        "# (pip --require-hashes --no-deps).",
    ),
    "lambda_src/common/features/mongodb/requirements.txt": (
        "lambda-mongodb",
        "What functions need besides where features.store is mongodb: a layer, for Python 3.13 on Arm. Bundled by\n"
        "# tools/bundle.py --env (pip --require-hashes --no-deps).",
    ),
    "model_code/serving/requirements.txt": (
        "serving",
        "What the lean container and the Hugging Face container's vendor folder need, and nothing else: install with\n"
        "# --no-deps (tokenizers names huggingface-hub, which it uses only to download). Hashes cover every platform.",
    ),
    "tools/bundling/compiler-requirements.txt": (
        "compiler",
        "The C compiler that tools/bundling/native.py cross-compiles with: a wheel, so that every system makes the\n"
        "# same bytes. Nothing of it is deployed. Hashes cover every platform's wheels.",
    ),
}
# Without hashes and dependencies: the image has its own. tools/training_lock.py makes a job's lock from it.
DIRECT = {
    "model_code/training/requirements.txt": (
        "training",
        "What SageMaker's training images (environments/aws/images.yaml) lack or have older: they bring torch, which\n"
        "# must not be named here.",
    )
}


class LockError(Exception):
    """uv could not resolve or export; the message is one line."""


def exported(group: str, *, hashes: bool = True) -> str:
    """The locked packages of a group of pyproject.toml, as requirements."""
    options = ["--only-group", group, "--no-header", "--no-annotate", *([] if hashes else ["--no-hashes"])]
    text = _uv(["export", "--frozen", "--offline", "--quiet", *options])
    return text.replace(EVERYWHERE, "")


def pins(group: str) -> dict[str, str]:
    """The version of each package of a group on this machine, by canonical name."""
    wanted = [Requirement(line) for line in exported(group, hashes=False).splitlines()]
    fitting = [each for each in wanted if each.marker is None or each.marker.evaluate()]
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in fitting}


def requirements_of(group: str) -> list[str]:
    """The direct requirements of a group of pyproject.toml."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    return [each for each in groups[group] if isinstance(each, str)]


def files() -> dict[str, str]:
    """The text of each exported file, by its path below the clone."""
    contents = {name: f"# {about}\n{WRITTEN}\n{exported(group)}" for name, (group, about) in EXPORTS.items()}
    for name, (group, about) in DIRECT.items():
        contents[name] = "\n".join([f"# {about}", WRITTEN, *requirements_of(group), ""])
    return contents


def _uv(arguments: list[str]) -> str:
    program = ROOT / FOLDER / "bin" / "uv"
    if not program.exists():
        raise LockError(f"{program} is missing: run `make setup`")
    # Nothing of this machine's uv settings for indexes may get into the lock.
    environ = {name: value for name, value in os.environ.items() if "INDEX" not in name and name != "UV_FIND_LINKS"}
    own = {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    done = subprocess.run(
        [program, *arguments], cwd=ROOT, env=environ | own, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LockError(" ".join(done.stderr.split()) or "uv failed")
    return done.stdout


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description="Write uv.lock and what is exported.")
    parser.add_argument("--upgrade", nargs="+", metavar="PACKAGE", default=[], help="take their newest versions")
    upgrades = [part for name in parser.parse_args(argv).upgrade for part in ("--upgrade-package", name)]
    try:
        _uv(["lock", "--quiet", "--default-index", PYPI, *upgrades])
        for name, text in files().items():
            (ROOT / name).write_text(text, "utf-8")
    except LockError as error:
        print(f"lock: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
