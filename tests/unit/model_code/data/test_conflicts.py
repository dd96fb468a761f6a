"""Tests repeated rows and conflicting labels: the rows kept do not depend on the order."""

from __future__ import annotations

from pathlib import Path

from tests.unit.model_code.data.files import headlines, load


def test_exact_duplicates_keep_the_first_by_content_whatever_the_order(tmp_path: Path) -> None:
    rows = headlines(60)
    copies = [[text.upper(), label] for text, label in rows[:20]]
    kept = load(tmp_path, [*rows, *copies])
    assert (kept.duplicates, len(kept.rows)) == (20, 60)
    assert kept.rows[-1].text.isupper()
    assert kept.describe()["dropped_rows"] == {"exact duplicate: the same text and label as another row": [[2, 21]]}
    turned = load(tmp_path, [*copies, *rows])
    assert {row.text for row in turned.rows} == {row.text for row in kept.rows}


def test_conflicting_labels_follow_the_majority_and_ties_drop_the_text(tmp_path: Path) -> None:
    rows = headlines(60)
    voted = [["Odd text", "Science"], ["odd  text", "Health"], ["ODD TEXT", "Health"]]
    tied = [["Even text", "Science"], ["even text", "Health"]]
    data = load(tmp_path, [*rows, *voted, *tied])
    assert [(row.text, row.label) for row in data.rows[60:]] == [("ODD TEXT", "Health")]
    described = data.describe()
    conflicts = described["conflicts"]
    assert (conflicts["texts"], conflicts["rows_dropped"]) == (2, 3)
    assert conflicts["examples"] == [
        {"text": "Even text", "labels": {"Health": 1, "Science": 1}, "kept": None},
        {"text": "ODD TEXT", "labels": {"Health": 2, "Science": 1}, "kept": "Health"},
    ]
    assert described["dropped_rows"] == {
        "conflicting label, outvoted: the same text has another label more often": [[62, 62]],
        "conflicting label, tied: the same text has several labels equally often": [[65, 66]],
        "exact duplicate: the same text and label as another row": [[63, 63]],
    }
    assert sum(described["dropped"].values()) + described["rows_used"] == described["rows_read"]
