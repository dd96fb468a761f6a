"""The examples function's settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class ExamplesSettings:
    """The tables of labelled texts and of the ledger (both kept `example_days` days), of erasures, and of answers to
    idempotency keys. trusted_callers: whose labels are trusted, where API keys do not say it.
    """

    examples_table: str
    ledger_table: str
    example_days: int
    erased_table: str
    answers_table: str
    trusted_callers: list[str] = field(default_factory=list)
