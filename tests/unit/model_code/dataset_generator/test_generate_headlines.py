"""The generator: its headlines depend on the seed alone."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from model_code.dataset_generator import generate_headlines

SCRIPT = Path(generate_headlines.__file__)


def test_generated_file_is_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "one.csv", tmp_path / "two.csv"]
    generate_headlines.main(["--output", str(files[0]), "--rows", "300", "--seed", "4"])
    subprocess.run(
        [sys.executable, "-S", "-I", str(SCRIPT), "--output", str(files[1]), "--rows", "300", "--seed", "4"],
        check=True,
        timeout=60,
    )
    assert files[0].read_bytes() == files[1].read_bytes()


def test_generated_headlines_are_distinct_labelled_and_vary_with_the_seed() -> None:
    made = list(generate_headlines.headlines(1000, seed=1))
    assert len({text for text, _ in made}) == 1000
    counts = Counter(label for _, label in made)
    assert set(counts) == set(generate_headlines.SHARES)
    assert min(counts.values()) > 100
    assert not any("{" in text or "  " in text for text, _ in made)
    assert made != list(generate_headlines.headlines(1000, seed=2))
    words = {label: {word for text, each in made if each == label for word in text.lower().split()} for label in counts}
    assert len(words["Business"] & words["Science"]) > 60  # single words must not give the label away
