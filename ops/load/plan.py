"""The plan for the Locust process: a JSON file that only the two processes read, as it may hold an API key."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ops.load.steps import Step

VARIABLE = "RUBRIC_LOAD_PLAN"  # the path of the file
WEB_HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Sign requests for this AWS service and region, with the environment's credentials."""

    service: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A load test. `host` and `path` are the URL's.

    texts, result, report: files: a JSON list of texts, and where the steps and Locust's report go.

    users: the maximum. seconds: the maximum for all steps together. shaped: Locust follows the steps; else a person
    starts and stops it on the web page.
    """

    host: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    signature: Signature | None = None
    texts: str
    texts_per_request: int = 1
    users: int
    seconds: float
    ramp: bool = True
    p95_ms: float
    shaped: bool = True
    result: str
    report: str

    def save(self, file: Path) -> None:
        """Write it for the Locust process, readable only by this user."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read(file: Path) -> Plan:
    """The plan that `save` wrote."""
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    signature = values.pop("signature")
    return Plan(**values, signature=Signature(**signature) if signature else None)


def write_steps(file: Path, steps: list[Step]) -> None:
    """Write the steps for the `rubric` process."""
    file.write_text(json.dumps([vars(step) for step in steps]), encoding="utf-8")


def read_steps(file: Path) -> list[Step]:
    """The measured steps; empty if there are none."""
    return [Step(**values) for values in json.loads(file.read_text(encoding="utf-8"))] if file.is_file() else []
