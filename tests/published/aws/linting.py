"""Runs cfn-lint on templates in separate processes, because it takes most of a second for each."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PROCESSES = 2


@dataclass(frozen=True)
class Finding:
    """One line of cfn-lint. where: the template's name; path: the place in it, `Resources/Name/Properties/...`."""

    rule: str
    where: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.rule} {self.where} {self.path}: {self.message}"


def lint(templates: Iterable[tuple[str, Path, str]]) -> list[Finding]:
    """Findings of all rules, informational and experimental ones too. templates: (name, file, region)."""
    # Not forked: this process has jsii's Node and its threads. Collecting garbage takes a third of cfn-lint's time.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=gc.disable) as pool:
        return [finding for found in pool.map(lint_one, templates) for finding in found]


def lint_one(template: tuple[str, Path, str]) -> list[Finding]:
    """Findings in one template."""
    from cfnlint.api import lint as lint_text

    where, file, region = template
    rules, config = _rules(region)
    matches = lint_text(file.read_text("utf-8"), rules=rules, config=config)
    return [_finding(where, match) for match in matches]


@cache
def _rules(region: str) -> tuple[Any, Any]:
    # Imported here: it takes two seconds, in the processes that need it.
    from cfnlint.config import ConfigMixIn, ManualArgs
    from cfnlint.runner import Runner

    # `include_checks` adds I to the errors and warnings; the command's `-i I` would leave it out.
    config = ManualArgs(regions=[region], include_checks=["I"], include_experimental=True)
    return Runner(ConfigMixIn(**config)).rules, config


def _finding(where: str, match: Any) -> Finding:
    path = "/".join(str(part) for part in match.path or [])
    return Finding(match.rule.id, where, path, match.message)
