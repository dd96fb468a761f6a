"""Bills of materials and advisories: `python -m tools.supply bills`, `fetch` and `check`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.bundling.errors import BundleError
from tools.supply import advisories, bills, check
from tools.supply.errors import FOUND, USAGE, SupplyError

ROOT = Path(__file__).resolve().parents[2]
ACCEPTED = ROOT / "delivery" / "advisories.yaml"


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0, 1 for an advisory that nobody has accepted, 2 for what cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tools.supply", description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="the build folder (default: build)")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("bills", help="write the bills of materials of functions and images into build/sbom")
    fetching = commands.add_parser("fetch", help="download OSV's advisories on PyPI's packages")
    fetching.add_argument("--url", default=advisories.EXPORT, help=f"where they are (default: {advisories.EXPORT})")
    checking = commands.add_parser("check", help="compare bills of materials with advisories")
    many: dict[str, Any] = {"type": Path, "action": "append", "metavar": "FILE"}
    formats = "advisories in OSV's format: .json, .jsonl, .zip or a folder; may be repeated"
    checking.add_argument("--advisories", required=True, help=formats, **many)
    checking.add_argument("--bills", help="bills or folders of them (default: build/sbom); may be repeated", **many)
    accepted = "advisories that are accepted until a day"
    checking.add_argument("--accepted", type=Path, default=ACCEPTED, metavar="FILE", help=accepted)
    chosen = parser.parse_args(arguments)
    try:
        return {"bills": _write, "fetch": _fetch, "check": _check}[chosen.command](chosen)
    except (SupplyError, BundleError) as error:
        print(f"supply: {error}", file=sys.stderr)
        return USAGE


def _write(chosen: argparse.Namespace) -> int:
    made = bills.write(ROOT, chosen.build)
    print(f"supply: {len(made)} bills of materials in {chosen.build / bills.FOLDER}")
    return 0


def _fetch(chosen: argparse.Namespace) -> int:
    file = chosen.build / "advisories.zip"
    print(f"supply: {advisories.download(chosen.url, to=file):,} bytes of advisories in {file}")
    return 0


def _check(chosen: argparse.Namespace) -> int:
    result = check.compare(
        check.read_bills(chosen.bills or [chosen.build / bills.FOLDER]),
        advisories.read(chosen.advisories),
        check.read_accepted(chosen.accepted),
        today=dt.datetime.now(dt.UTC).date(),
    )
    for finding in result.accepted:
        print(f"accepted: {finding}")
    for finding in result.unclear:
        print(f"cannot be judged ({finding.advisory.unclear}): {finding}")
    for finding in result.refused:
        print(f"REFUSED: {finding}")
    print(
        f"supply: {result.bills} bills, {result.packages} packages, {result.advisories:,} advisories: "
        f"{len(result.refused)} refused, {len(result.accepted)} accepted, {len(result.unclear)} cannot be judged"
    )
    if result.refused:
        print("supply: take a fixed version (python -m tools.lock --upgrade PACKAGE), or accept it for a while in")
        print(f"supply: {chosen.accepted}")
    return FOUND if result.refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
