"""Settings of labelling that contradict others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from contracts.logs.audit import MOST_WRITES_A_SECOND
from environments.rules.problem import Problem

if TYPE_CHECKING:
    from environments.sections.environment import Settings


def problems(settings: Settings) -> Iterator[Problem]:
    """An audit sample that may grow faster than the partition that holds a day of it takes."""
    share, rate = settings.labelling.audit_share, settings.data.write_rate
    if settings.data.request_log_text == "store" and share * rate > MOST_WRITES_A_SECOND:
        allowed = (
            f"of data.write_rate {rate} a second that is more than the {MOST_WRITES_A_SECOND:,} that DynamoDB writes "
            f"to the sample's partition of a day; use at most {MOST_WRITES_A_SECOND / rate:g}"
        )
        yield Problem(("labelling", "audit_share"), share, allowed)
