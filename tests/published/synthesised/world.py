"""The synthesised combinations: environments with concrete templates, and each distinct template once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from environments.settings import Settings
from tests.published.synthesised.concrete import Account
from tests.published.synthesised.synthesis import Combination, Synthesis, synthesise


@dataclass(frozen=True)
class Template:
    """A template that at least one combination has. where: the first one's name and the stack's; digest: SHA-256."""

    where: str
    digest: str
    file: Path
    region: str
    content: dict[str, Any]


class Environment:
    """A combination that synthesises."""

    def __init__(self, outcome: Synthesis, settings: Settings) -> None:
        self.name = outcome.combination.name
        self.settings = settings
        self.files = outcome.files
        self.templates = outcome.templates

    @cached_property
    def account(self) -> Account:
        """Its stacks as they would be in an account."""
        return Account(self.templates, region=self.settings.region, account=self.settings.account)

    def stack(self, part: str) -> str:
        """The name of its stack `Data`, `Training`, `Serving`, `Challenger`, `Api` or `Monitoring`."""
        return self.settings.stack_name(part)


class World:
    """All of them. refused: errors by combination."""

    def __init__(self, outcomes: Iterable[Synthesis]) -> None:
        self.outcomes = list(outcomes)
        self.environments = {o.combination.name: Environment(o, o.settings) for o in self.outcomes if o.settings}
        self.refused = {o.combination.name: o.error for o in self.outcomes if o.error is not None}

    def __iter__(self) -> Iterator[Environment]:
        return iter(self.environments.values())

    def __getitem__(self, name: str) -> Environment:
        return self.environments[name]

    @cached_property
    def distinct(self) -> list[Template]:
        """Each distinct template once for each region that it is for."""
        found: dict[tuple[str, str], Template] = {}
        for environment in self:
            for stack, file in environment.files.items():
                digest, region = hashlib.sha256(file.read_bytes()).hexdigest(), environment.settings.region
                template = Template(f"{environment.name}/{stack}", digest, file, region, environment.templates[stack])
                found.setdefault((digest, region), template)
        return list(found.values())


def synthesised(combinations: Iterable[Combination], *, root: Path, build: Path, out: Path) -> World:
    """Synthesise combinations in this process."""
    return World(synthesise(combinations, root=root, build=build, out=out).values())
