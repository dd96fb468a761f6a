"""Agrees on the limits with the user before anything is created."""

from __future__ import annotations

import sys

from tools.acceptance.errors import UsageError
from tools.acceptance.planning.prices import Price


def number(question: str, *, value: float | None, flag: str) -> float:
    """A positive number: the flag's, or the user's answer. Raises UsageError without a terminal to ask on."""
    if value is None:
        if not sys.stdin.isatty():
            raise UsageError(f"A value is needed, but this is not a terminal: add {flag}")
        try:
            value = float(input(f"{question} "))
        except ValueError:
            raise UsageError(f"{flag} must be a number") from None
    if value <= 0:
        raise UsageError(f"{flag} {value:g}: must be above 0")
    return value


def price(name: str, found: Price) -> Price:
    """The price; asks for it if it is unknown. Raises UsageError without a terminal to ask on."""
    if found.dollars is not None:
        return found
    flag = f"--price {name}=USD"
    if not sys.stdin.isatty():
        raise UsageError(f"The hourly price of {name} is unknown ({found.source}): add {flag}, from AWS's pricing page")
    return Price(number(f"Hourly price of {name} in USD, from AWS's pricing page?", value=None, flag=flag), "asked")


def consent(*, yes: bool) -> None:
    """Raises UsageError unless the user agrees."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Confirmation needed, but this is not a terminal: add --yes to continue")
    if input("Continue? [y/N] ").strip().lower() not in ("y", "yes"):
        raise UsageError("Nothing was created")
