"""What the evaluation says about few labels."""

from __future__ import annotations

from model_code.dataset_generator import generate_headlines
from model_code.training import assess
from model_code.training.data.rows import Row
from model_code.training.data.split import Split

LABELS = ["Business", "Entertainment", "Health", "Science"]


def test_few_labels_and_labels_without_test_texts_are_warned_about_in_the_log(capsys):
    rows = [Row(text, label, line) for line, (text, label) in enumerate(generate_headlines.headlines(80, seed=1))]
    tested = [row for row in rows[:20] if row.label != "Health"]
    few = assess._few_labels(rows, Split(rows[25:], rows[20:25], tested), labels=LABELS, seed=13)
    assert few["learning_curve"] and few["learning_curve"]["rows"] == 80
    first, second, *_, last = few["warnings"]
    assert (
        first.startswith("Few labels: ") and second.startswith(f"{len(tested)} test texts") and "label Health" in last
    )
    assert capsys.readouterr().out.splitlines() == few["warnings"]


def test_enough_labels_are_not(capsys):
    rows = [Row(text, label, line) for line, (text, label) in enumerate(generate_headlines.headlines(800, seed=1))]
    few = assess._few_labels(rows, Split(rows[200:], rows[150:200], rows[:150]), labels=LABELS, seed=13)
    assert few == {"learning_curve": None, "warnings": []} and capsys.readouterr().out == ""
