"""Artifacts of linear models, made in this process from a few generated headlines."""

from __future__ import annotations

from pathlib import Path

from contracts.models import artifact
from model_code.dataset_generator import generate_headlines
from model_code.serving import manifest
from model_code.serving.linear import weights
from model_code.training.data import dataset
from model_code.training.data.dataset import Dataset
from model_code.training.evaluation.linear_model import LinearModel
from model_code.training.exporting import references

ODD = (
    "",
    " ",
    "a",
    "I",
    "x y z",
    "The cat, the CAT & the cat's hat: the cat!",
    "snake_case under__score 3.14 1,000 2026-11-30",
    "Straße İstanbul ΣΊΣΥΦΟΣ ŉ ǰ",
    "Цены на хлеб выросли на 5 %",
    "東京で新しい映画が公開された",
    "中文没有空格的标题 北京",
    "أسعار النفط تَرْتَفِعُ",
    "שלום עולם",
    "हिन्दी में समाचार",
    "ราคาทองคำวันนี้",
    "தமிழ் செய்திகள்",
    "한국어 뉴스 제목",
    "🎬🏆⚽ emoji 👩\u200d👩\u200d👧",
    "cafe\u0301 café",
    "zero\u200bwidth \u00a0non breaking\u2003space\tand\ttabs",
    "a" * 300,
    "ab " * 200,
    "\U00010400\U00010428 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
)


def headlines(base: Path, rows: int = 300) -> Dataset:
    """Generated headlines, read as training reads them."""
    path = base / "headlines.csv"
    generate_headlines.main(["--output", str(path), "--rows", str(rows), "--seed", "5"])
    return dataset.load(path)


def write(folder: Path, model: LinearModel, labels: tuple[str, ...] | list[str]) -> Path:
    """A sealed artifact of the linear model alone."""
    folder.mkdir(parents=True)
    weights.save(model.scaled(2.0), folder / artifact.LINEAR_FILE)
    artifact.write_json(folder / artifact.LABELS_FILE, list(labels))
    artifact.write_json(folder / artifact.METADATA_FILE, {"model_version": "linear-1"})
    references.write(folder)
    manifest.seal(folder)
    return folder
