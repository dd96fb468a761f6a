"""The documentation names exactly the quotas that the shipped environments need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from environments.aws.first_deploy import BESIDE_THE_JOB, LONGEST_JOB_MINUTES
from environments.settings import load
from ops.preflight.needs import Need, needs
from ops.preflight.quotas import SERVICE_NAMES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "preflight.md").read_text(encoding="utf-8")


def rows() -> dict[tuple[str, str], dict[str, str]]:
    """The page's table of quotas: {(service, name): {environment: cell}}."""
    lines = [
        line for line in PAGE.splitlines() if line.startswith(tuple(f"| {name} |" for name in SERVICE_NAMES.values()))
    ]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {(service, name): {"dev": dev, "prod": prod} for service, name, dev, prod, _ in cells}


def figures(cell: str) -> tuple[int, int]:
    """What a deploy needs, and what is needed later, from a cell such as `2, scaled out 3`."""
    match = re.fullmatch(r"(\d+)(?:, [^\d]+ (\d+))?", cell)
    assert match, cell
    return int(match[1]), int(match[2] or match[1])


def figures_of(need: Need) -> tuple[int, int]:
    return need.least or need.wanted, need.wanted


@pytest.mark.parametrize("env", ["dev", "prod"])
def test_the_page_names_each_quota_with_what_is_needed_of_it(env: str) -> None:
    wanted = needs(load(env, root=ROOT), approved=False)
    table = {key: figures(cells[env]) for key, cells in rows().items() if cells[env]}
    assert table == {(SERVICE_NAMES[need.service], need.name): figures_of(need) for need in wanted}


def test_the_page_has_the_parts_of_the_hour() -> None:
    section = PAGE[PAGE.index("## Where the hour") : PAGE.index("## Every week")]
    for part in BESIDE_THE_JOB:
        assert part.name.split(" (")[0] in section, part.name
    assert f"above {LONGEST_JOB_MINUTES} are refused" in section
