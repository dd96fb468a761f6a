"""The result of a check, with its remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "refused", "unknown"]
Area = Literal[
    "settings",
    "account",
    "bootstrap",
    "hour",
    "region",
    "images",
    "log",
    "alarms",
    "quotas",
    "bedrock",
    "organization",
    "stacks",
    "delivery",
    "network",
    "mirror",
]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """what: one line with the result; todo: one line with what to do, or empty."""

    area: Area
    verdict: Verdict
    what: str
    todo: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding for JSON output."""
        return asdict(self)


def refused(findings: list[Finding]) -> bool:
    """Whether any finding stops a deploy."""
    return any(finding.verdict == "refused" for finding in findings)
