#!/usr/bin/env python3
"""Compares the templates of a git revision with those of the working tree: `python -m tools.compare_templates [REV]`.

Every shipped environment (with --all also each combination that the tests know) is synthesised from a copy of both,
one process for each, with the same built tree of a few bytes. Logical ids and everything that CloudFormation acts on
must be equal: only assets' hashes, CDK's path metadata, functions' handlers and text for people may differ.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.templates import checkouts
from tools.templates.checkouts import CheckoutError, Environments
from tools.templates.differences import Differences, compare

ROOT = Path(__file__).resolve().parents[1]
COMBINATIONS = Path("tests/published/synthesised/combinations.yaml")


def differences(before: Environments, after: Environments) -> Differences:
    """The differences between two checkouts' environments; each line names its environments."""
    by_line: dict[str, list[str]] = {}
    texts: dict[str, list[str]] = {}
    for name in sorted({*before.templates, *after.templates, *before.refused, *after.refused}):
        if (name in before.refused) != (name in after.refused):
            by_line.setdefault(f"refused {'before' if name in before.refused else 'now'}", []).append(name)
            continue
        old, new = before.templates.get(name, {}), after.templates.get(name, {})
        for stack in sorted(old.keys() | new.keys()):
            if stack not in old or stack not in new:
                by_line.setdefault(f"{stack}: {'new' if stack in new else 'gone'}", []).append(name)
                continue
            one = compare(old[stack], new[stack])
            for lines, into in ((one.found, by_line), (one.texts, texts)):
                for line in lines:
                    into.setdefault(f"{stack}: {line}", []).append(name)
    return Differences(found=_named(by_line), texts=_named(texts))


def _named(lines: dict[str, list[str]]) -> list[str]:
    return [f"{', '.join(names)}: {line}" for line, names in lines.items()]


def main(argv: Sequence[str] | None = None, *, repository: Path = ROOT) -> int:
    """The command: 0 where all is equal, 1 where something differs, 2 where a checkout cannot be synthesised."""
    parser = argparse.ArgumentParser(
        prog="compare_templates", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="what was before (default: HEAD)")
    parser.add_argument("--to", metavar="REV", help="compare with this revision instead of the working tree")
    parser.add_argument("--all", action="store_true", help=f"also the combinations of {COMBINATIONS}")
    parser.add_argument("--texts", action="store_true", help="also show text for people that differs")
    options = parser.parse_args(argv)
    combinations = repository / COMBINATIONS if options.all else None
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        try:
            checkouts.of_revision(options.revision, repository=repository, to=folder / "before")
            if options.to:
                checkouts.of_revision(options.to, repository=repository, to=folder / "after")
            else:
                checkouts.of_working_tree(repository, to=folder / "after")
            with ThreadPoolExecutor(2) as pool:
                before, after = pool.map(
                    lambda side: _templates(folder, side, combinations=combinations), ("before", "after")
                )
        except CheckoutError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    return _report(differences(before, after), environments=after, texts=options.texts)


def _templates(folder: Path, side: str, *, combinations: Path | None) -> Environments:
    checkouts.add_built(folder / side)
    return checkouts.templates(folder / side, out=folder / "out" / side, combinations=combinations)


def _report(result: Differences, *, environments: Environments, texts: bool) -> int:
    if texts:
        print(*result.texts, sep="\n")
    print(*result.found, sep="\n", end="\n" if result.found else "")
    templates = sum(len(stacks) for stacks in environments.templates.values())
    counted = f"{len(environments.templates)} environments, {templates} templates"
    print(f"{counted}: {len(result.found)} differences, {len(result.texts)} in text for people")
    return 1 if result.found else 0


if __name__ == "__main__":
    sys.exit(main())
