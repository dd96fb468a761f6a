"""The examples function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ExamplesSettings:
    """The tables of labelled texts and of the ledger (both kept `example_days` days), of erasures, and of answers to
    idempotency keys.
    """

    examples_table: str
    ledger_table: str
    example_days: int
    erased_table: str
    answers_table: str
