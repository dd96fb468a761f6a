"""The examples function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The tables of labelled texts (kept `example_days` days), of what was erased, and of answers kept for a repeat."""

    examples_table: str
    example_days: int
    erased_table: str
    answers_table: str
