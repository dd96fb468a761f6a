"""Datasets for the tests of data preparation, written as files and then loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model_code.dataset_generator import generate_headlines
from model_code.training.data import dataset

FRACTIONS: dict[str, Any] = {"valid_fraction": 0.1, "test_fraction": 0.2, "seed": 5}


def headlines(rows: int, seed: int = 1) -> list[list[str]]:
    """[headline, label] with two labels, each often enough."""
    halves = {"Business": "Science", "Entertainment": "Health"}
    return [[text, halves.get(label, label)] for text, label in generate_headlines.headlines(rows, seed=seed)]


def load(folder: Path, rows: list[list[str]], header: str = "title\tcategory") -> dataset.Dataset:
    path = folder / "data.tsv"
    path.write_text("\n".join([header, *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return dataset.load(path)


def groups(data: dataset.Dataset) -> dict[str, str]:
    return {row.text: row.group for row in data.rows}


NEAR = [
    "Chiquita and Fyffes to create world's largest banana company",
    "UPDATE 1-Chiquita, Fyffes to create world's largest banana company",
]

FAR = "Fyffes shareholders wait for an answer from the bank"
