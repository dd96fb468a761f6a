"""The slices of a drift report, as the terminal and the page show them."""

from __future__ import annotations

from typing import Any

from contracts.features import slices

TITLES = {
    slices.PUBLISHER: "publisher",
    slices.CALLER_TEXTS: "texts of the caller in 30 days",
    slices.CALLER_WRONG: "share of wrong answers in the caller's feedback",
    slices.TEXT_LABELLERS: "people who labelled the text",
}
COLUMNS = ("Part", "Texts", "Share %", "Mean confidence %")


def titled(report: dict[str, Any]) -> list[tuple[str, list[list[str]]]]:
    """(title, rows of COLUMNS) of each slice; [] where no text was answered with features."""
    return [(TITLES.get(one["name"], one["name"]), _rows(one["parts"])) for one in report.get("slices", [])]


def _rows(parts: list[dict[str, Any]]) -> list[list[str]]:
    """share: of the listed parts' texts, since a report leaves the smallest out."""
    total = sum(part["texts"] for part in parts) or 1
    return [
        [part["name"], f"{part['texts']:,}", _percent(part["texts"] / total), _percent(part["confidence"])]
        for part in parts
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f}"
