"""A needed permission, and whether a role has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.published.aws.patterns import covers
from tests.published.synthesised.policies import Grant, listed


@dataclass(frozen=True)
class Need:
    """An action on one resource. source: AWS's document; context: the condition keys of the call, with their values."""

    action: str
    resource: str
    source: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict, hash=False)

    def met_by(self, grant: Grant) -> bool:
        """Whether a grant allows it."""
        return self.action == grant.action and covers(grant.resource, self.resource) and self._holds(grant.condition)

    def _holds(self, condition: str) -> bool:
        return all(
            self._holds_for(operator, self.context.get(key), listed(wanted))
            for operator, keys in json.loads(condition or "{}").items()
            for key, wanted in keys.items()
        )

    @staticmethod
    def _holds_for(operator: str, actual: str | Sequence[str] | None, wanted: list[str]) -> bool:
        if operator == "Null":
            return (actual is None) == (wanted == ["true"])
        values = [actual] if isinstance(actual, str) else list(actual or [])
        # One value of the call, or with ForAllValues all of them, is among those of the policy.
        return bool(values) and all(any(covers(text, value) for text in wanted) for value in values)

    def __str__(self) -> str:
        return f"{self.action} on {self.resource} ({self.source})"


def missing(needs: Iterable[Need], grants: Iterable[Grant]) -> list[Need]:
    """Needs that no grant meets."""
    granted = list(grants)
    return [need for need in needs if not any(need.met_by(grant) for grant in granted)]


def extra(needs: Iterable[Need], grants: Iterable[Grant]) -> list[Grant]:
    """Grants that meet no need."""
    needed = list(needs)
    return [grant for grant in grants if not any(need.met_by(grant) for need in needed)]


def all_of(actions: str, resource: str, source: str, **context: str | Sequence[str]) -> list[Need]:
    """Needs of several actions (`s3:GetObject PutObject`) on one resource."""
    service, _, names = actions.partition(":")
    return [Need(f"{service}:{name}", resource, source, context) for name in names.split()]
