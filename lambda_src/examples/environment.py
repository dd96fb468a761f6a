"""The examples function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The tables of labelled texts and of answers kept for repeated requests."""

    examples_table: str
    answers_table: str
