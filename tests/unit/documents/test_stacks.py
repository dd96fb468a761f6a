"""The stacks that every environment has are in the pages that list them, and all are in what deletes them."""

from __future__ import annotations

import re

import pytest

from ops.deployment.stacks import PARTS
from tests.unit.documents.markdown import ROOT
from tools.acceptance.cleanup.stacks import ORDER

# The rest, of a network, few environments have.
USUAL = [part for part in PARTS if part not in ("Network", "Endpoints")]
IN = {
    "README.md": ("| `Rubric-dev-{}` |", "✓ stack {} "),
    "docs/architecture.md": ("| {} | `stacks/",),
    "docs/images/architecture.svg": ('text-anchor="start">{}</text>',),
}


@pytest.mark.parametrize("page", IN)
def test_a_page_that_lists_the_stacks_has_those_of_every_environment(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    missing = [form.format(part) for form in IN[page] for part in USUAL if form.format(part) not in text]
    assert missing == []


def test_an_acceptance_run_deletes_all_of_them_and_the_page_gives_its_order() -> None:
    assert sorted(ORDER) == sorted(PARTS)
    text = (ROOT / "docs/first-account.md").read_text("utf-8")
    listed = re.findall(r"Monitoring, [A-Z][A-Za-z, ]+", text)
    assert listed == [", ".join(ORDER)] * 2
