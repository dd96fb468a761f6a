#!/usr/bin/env python3
"""Build the assets that the CDK application uploads: `python tools/bundle.py [--env dev] [--out build]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from environments.settings import SettingsError, load  # noqa: E402
from tools.bundling import targets  # noqa: E402
from tools.bundling.build import build  # noqa: E402
from tools.bundling.errors import BundleError  # noqa: E402
from tools.bundling.targets import Target  # noqa: E402


def _of_environment(env: str | None, *, root: Path) -> list[Target]:
    """What an environment needs besides: its container's inputs, and MongoDB's driver; nothing where none is named."""
    if env is None:
        return []
    settings = load(env, root=root)
    serving = [targets.SERVING[settings.serving.container]] if settings.classifier.trained else []
    return [*serving, *([targets.MONGODB_LAYER] if settings.features.store == "mongodb" else [])]


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status (0: all up to date; 1: failed, with a one-line error)."""
    parser = argparse.ArgumentParser(prog="bundle.py", description="Build the assets that the CDK application uploads.")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="build folder (default: build)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the sources' root (default: this clone)")
    parser.add_argument(
        "--env",
        metavar="NAME",
        help="also build what this environment's serving.container needs: huggingface's packages (60 MB to fetch) or "
        "lean's sources, and MongoDB's driver where its features are there",
    )
    options = parser.parse_args(argv)
    root = options.root.resolve()
    try:
        wanted = [*targets.TARGETS, *_of_environment(options.env, root=root)]
        built = build(wanted, root=root, out=options.out.resolve())
    except (BundleError, SettingsError) as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"build: {error.filename or options.out}: {error.strerror or error}", file=sys.stderr)
        return 1
    if built:
        print(f"build: {', '.join(built)} built in {options.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
