"""Loading a dataset: normalised texts and labels, columns, and errors with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.texts import text_normalization
from model_code.training.errors import DatasetError
from tests.unit.model_code.data.files import headlines, load


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ben &amp; Jerry&#39;s &amp;quot;best&amp;quot;", 'Ben & Jerry\'s "best"'),
        ("AT&T, R&D; ?a=1&copy=2 &nosuch;", "AT&T, R&D; ?a=1&copy=2 &nosuch;"),
        ("a <b>tag</b> and 3 < 4", "a <b>tag</b> and 3 < 4"),
        ("ze\u200bro \ufeffwi\u00addth\u202e bi\u2066di", "zero width bidi"),
        ("tab\tand\x00 nul\x07\u2028next&nbsp;&#8203;line\x85", "tab and nul next line\u2026"),
        ("Cafe\u0301", "Caf\u00e9"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 plain\u200c ascii",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 plain ascii",
        ),
    ],
)
def test_texts_are_normalised(raw: str, expected: str) -> None:
    assert text_normalization.normalised(raw) == expected
    assert text_normalization.normalised(expected) == expected


def test_labels_are_normalised_too(tmp_path: Path) -> None:
    rows = [
        [text, "Food &amp; Drink" if number % 2 else "Food & Drink "] for number, (text, _) in enumerate(headlines(40))
    ]
    assert load(tmp_path, [*rows, *([text, "Other"] for text, _ in headlines(40, seed=9))]).labels == [
        "Food & Drink",
        "Other",
    ]


def test_publisher_and_time_are_read_where_they_are(tmp_path: Path) -> None:
    times = ["1394470370698", "1394470370", "2014-03-10T16:52:50+00:00", "2014-03-10", "soon", ""]
    rows = [[text, label, "Reuters", times[number % 6]] for number, (text, label) in enumerate(headlines(60))]
    data = load(tmp_path, rows, "title\tcategory\tPUBLISHER\tTIMESTAMP")
    assert [row.time for row in data.rows[:6]] == [1394470370.698, 1394470370.0, 1394470370.0, 1394409600.0, None, None]
    assert {row.publisher for row in data.rows} == {"Reuters"}


def test_a_label_that_only_repeats_itself_is_refused_with_the_counts(tmp_path: Path) -> None:
    rows = [*headlines(60), *([f"the same text {number % 3}", "Rare"] for number in range(12))]
    sentence = r"data\.tsv:62: add rows .*: label 'Rare' has 3 rows besides 9 that repeat or contradict others"
    with pytest.raises(DatasetError, match=sentence):
        load(tmp_path, rows)
