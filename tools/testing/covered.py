"""The share of lines that the suites ran, for each part of the project."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tools.testing.suites import APP


def forget(root: Path) -> None:
    """Remove the measurements of earlier runs."""
    for stale in root.glob(".coverage*"):
        stale.unlink()


def report(root: Path) -> None:
    """Combine the suites' measurements and print them."""
    parts = sorted(root.glob(".coverage.*"))
    if not parts:
        return
    coverage = [APP, "-m", "coverage"]
    combined = subprocess.run(
        [*coverage, "combine", "--quiet", *map(str, parts)], cwd=root, capture_output=True, text=True, check=False
    )
    if combined.returncode:
        print(f"coverage: {combined.stdout.strip()} {combined.stderr.strip()}")
        return
    lines = subprocess.run([*coverage, "report"], cwd=root, capture_output=True, text=True, check=False).stdout
    totals: dict[str, list[int]] = {}
    for line in lines.splitlines():
        match = re.match(r"([\w-]+)/\S+\s+(\d+)\s+(\d+)\s+\d+\s+\d+\s+", line)
        if match:
            counts = totals.setdefault(match[1], [0, 0])
            counts[0] += int(match[2])
            counts[1] += int(match[3])
    print("\n── coverage (lines; `.venv/bin/python -m coverage report` for each file)")
    for name, (statements, missed) in sorted(totals.items()):
        print(f"  {name:<14} {100 * (statements - missed) / max(statements, 1):5.1f} %  of {statements}")
    statements, missed = (sum(column) for column in zip(*totals.values(), strict=True)) if totals else (0, 0)
    print(f"  {'total':<14} {100 * (statements - missed) / max(statements, 1):5.1f} %  of {statements}")
