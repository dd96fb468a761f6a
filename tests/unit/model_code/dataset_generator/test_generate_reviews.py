"""The reviews' generator: its texts depend on the seed alone, and no single word gives a label away."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from model_code.dataset_generator import generate_reviews
from model_code.dataset_generator import review_words as words

SCRIPT = Path(generate_reviews.__file__)


def test_generated_file_is_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "one.csv", tmp_path / "two.csv"]
    generate_reviews.main(["--output", str(files[0]), "--rows", "300", "--seed", "4"])
    subprocess.run(
        [sys.executable, "-S", "-I", str(SCRIPT), "--output", str(files[1]), "--rows", "300", "--seed", "4"],
        check=True,
        timeout=60,
    )
    assert files[0].read_bytes() == files[1].read_bytes()


def test_generated_reviews_are_distinct_labelled_and_vary_with_the_seed() -> None:
    made = list(generate_reviews.reviews(1500, seed=1))
    assert len({text for text, _ in made}) == 1500
    counts = Counter(label for _, label in made)
    assert set(counts) == set(generate_reviews.SHARES) and min(counts.values()) > 200
    assert not any(re.search(r"[{}]|  |[A-Z]{4}", text) for text, _ in made)
    assert made != list(generate_reviews.reviews(1500, seed=2))
    by_label = {label: {word for text, each in made if each == label for word in re.findall(r"\w+", text.lower())}
                for label in counts}  # fmt: skip
    for word in ("gut", "leider", "kaputt", "nicht", "zufrieden", "schlecht"):
        assert sum(word in known for known in by_label.values()) >= 2, word


def test_every_slot_of_the_grammar_can_be_filled() -> None:
    clauses = [*words.CONTEXT, *words.GOOD, *words.BAD, *words.MEH]
    forms = {"thing", *words.SLOTS, *words.FORMS["der"]}
    assert {slot for clause in clauses for slot in re.findall(r"\{(\w+)\}", clause)} <= forms
    shapes = {slot for each in words.SHAPES.values() for shape in each for slot in re.findall(r"\{(\w+)\}", shape)}
    assert shapes <= {"CONTEXT", "GOOD", "BAD", "MEH", "GOOD_EN", *words.SLOTS}
    assert {frozenset(each) for each in words.FORMS.values()} == {frozenset(words.FORMS["der"])}
