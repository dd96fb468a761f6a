#!/usr/bin/env python3
"""Build the assets that the CDK application uploads: `python tools/bundle.py [--serving-vendor] [--out build]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.bundling import targets  # noqa: E402
from tools.bundling.build import build  # noqa: E402
from tools.bundling.errors import BundleError  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status (0 all up to date, 1 with one line on what is wrong)."""
    parser = argparse.ArgumentParser(prog="bundle.py", description="Build the assets that the CDK application uploads.")
    parser.add_argument("--out", type=Path, default=ROOT / "build", help="build folder (default: build)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the sources' root (default: this clone)")
    parser.add_argument(
        "--serving-vendor",
        action="store_true",
        help="also build what the serving containers are made of: the packages of huggingface, the sources of lean",
    )
    options = parser.parse_args(argv)
    wanted = [*targets.TARGETS, *(targets.SERVING if options.serving_vendor else [])]
    try:
        built = build(wanted, root=options.root.resolve(), out=options.out.resolve())
    except BundleError as error:
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
