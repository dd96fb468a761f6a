"""The alarms' pages in docs/runbooks: which there are, what they say, and which page is of an alarm."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from ops.deployment.alarm_names import short_name
from ops.errors import NOT_FOUND, OpsError

_MOST_SHOWN = 100  # characters of a name that is not known
_FIRST_HEADING = "What it means"
_PLACEHOLDER = re.compile(r"<[A-Za-z][a-z ]*[a-z_]*>")


def folder(root: Path) -> Path:
    """Where the pages are."""
    return root / "docs" / "runbooks"


def pages(root: Path) -> dict[str, Path]:
    """The pages by the alarms' short names, in alphabetical order."""
    return {path.stem: path for path in sorted(folder(root).glob("*.md")) if path.stem != "README"}


def meaning(text: str) -> str:
    """The first sentence of a page: what the alarm means."""
    lines = text.partition(f"## {_FIRST_HEADING}\n")[2].strip().splitlines()
    return lines[0] if lines else ""


def find(root: Path, alarm: str) -> Path:
    """An alarm's page. Raises OpsError, naming similar ones, if there is none."""
    known = pages(root)
    wanted = short_name(alarm)
    by_lower = {name.lower(): name for name in known}
    if name := by_lower.get(wanted.lower()):
        return known[name]
    near = [by_lower[each] for each in difflib.get_close_matches(wanted.lower(), by_lower, n=3, cutoff=0.6)]
    hint = f"did you mean {' or '.join(near)}?" if near else "`rubric runbook` lists them"
    raise OpsError(f"There is no alarm {wanted[:_MOST_SHOWN]}: {hint}", status=NOT_FOUND)


def placeholders(text: str) -> list[str]:
    """The placeholders in a page, each once, without their brackets."""
    return list(dict.fromkeys(found[1:-1] for found in _PLACEHOLDER.findall(text)))


def filled(text: str, names: Mapping[str, str]) -> str:
    """The page with the names for its placeholders; those without a name stay."""
    return _PLACEHOLDER.sub(lambda found: names.get(found[0][1:-1], found[0]), text)
