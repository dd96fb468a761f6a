"""Labels that may not be meant are named, with counts, and stay as they are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from model_code.training.data import conflicts, label_findings, label_mapping, table_rows
from model_code.training.errors import DatasetError
from tests.unit.model_code.data.files import headlines, load


@pytest.mark.parametrize("label", ["nan", "NaN", "None", "NULL", "null", "N/A", "n/a", "<NA>", "-", "#N/A", "(blank)"])
def test_a_word_for_a_missing_value_is_a_finding(label: str) -> None:
    found = label_findings.sentences({label: 15, "Sport": 20}, {})
    assert found == [
        f"15 rows have the label {label!r}, which looks like a missing value: data.labels.drop leaves such rows out."
    ]


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ("Sport", "sport", "case"),
        ("STRASSE", "Straße", "case"),
        ("Science News", "ScienceNews", "spaces or hyphens"),
        ("sci-tech", "sci tech", "spaces or hyphens"),
        ("Sci-Tech", "sci tech", "case and spaces or hyphens"),
        ("Ｓｐｏｒｔ", "Sport", "Unicode form"),
        ("1", "1.0", "the way a number is written"),
        ("007", "7", "the way a number is written"),
        ("Ｓport", "sport", "Unicode form and case"),
    ],
)
def test_labels_that_differ_only_in_how_they_are_written(first: str, second: str, difference: str) -> None:
    [sentence] = label_findings.sentences({first: 1200, second: 3, "Other": 9}, {})
    low, high = sorted((first, second))
    counts = {first: "1,200", second: "3"}
    assert sentence == (
        f"The labels {low!r} ({counts[low]} rows) and {high!r} ({counts[high]} rows) differ by {difference} only: "
        "data.labels.merge makes them one."
    )


@pytest.mark.parametrize("labels", [("A", "A+"), ("A-", "A"), ("1", "-1"), ("C", "C#"), ("1-2", "12"), ("1", "10")])
def test_labels_that_mean_different_things_are_no_finding(labels: tuple[str, ...]) -> None:
    assert label_findings.sentences(dict.fromkeys(labels, 20), {}) == []


def test_what_reading_cleans_is_said_once_with_the_commonest_example() -> None:
    spelt = {"Sport": 50, " Sport": 7, "R&amp;D": 2, "Caf\u0065\u0301": 1, "  ": 4}
    assert label_findings.sentences({"Sport": 57, "R&D": 2, "Café": 1}, spelt) == [
        "10 rows have a label with HTML entities, another Unicode form or extra white space, "
        "such as ' Sport' for 'Sport': they count as the label without."
    ]


def test_a_label_that_the_api_would_refuse_is_a_finding() -> None:
    [sentence] = label_findings.sentences({"x" * 101: 20, "y" * 100: 20}, {})
    assert f"the label '{'x' * 60}…' of 101 characters; the API takes at most 100" in sentence


def test_many_are_counted_instead_of_listed() -> None:
    pairs = {name: 1 for number in range(9) for name in (f"topic {chr(97 + number)}", f"Topic {chr(97 + number)}")}
    found = label_findings.sentences(pairs, {})
    assert len(found) == label_findings.LISTED + 1
    assert found[-1] == "More groups of labels that differ only in how they are written: 4."


def test_a_files_findings_are_kept_with_it_and_nothing_is_changed(tmp_path: Path) -> None:
    names = ["Sport", "sport", "nan", "Money "]
    data = load(tmp_path, [[text, names[number % 4]] for number, (text, _) in enumerate(headlines(80))])
    assert data.labels == ["Money", "Sport", "nan", "sport"]
    assert data.describe()["label_findings"] == [
        "20 rows have the label 'nan', which looks like a missing value: data.labels.drop leaves such rows out.",
        "The labels 'Sport' (20 rows) and 'sport' (20 rows) differ by case only: data.labels.merge makes them one.",
        "20 rows have a label with extra white space, such as 'Money ' for 'Money': they count as the label without.",
    ]


@pytest.mark.parametrize(
    ("rare", "remedy"),
    [
        ("nan", r"it looks like a missing value, and data\.labels\.drop leaves its rows out"),
        ("science", r"it differs from 'Science' by case only, and data\.labels\.merge makes them one"),
        ("Rare", r"add rows with this label, data\.labels merges it"),
    ],
)
def test_a_label_with_too_few_rows_says_what_it_may_be(tmp_path: Path, rare: str, remedy: str) -> None:
    rows = headlines(60)
    with pytest.raises(DatasetError, match=remedy):
        load(tmp_path, [*rows, *([f"{text} again", rare] for text, _ in headlines(3, seed=7))])


def test_reasons_have_different_short_forms() -> None:
    reasons = [
        conflicts.DUPLICATE, conflicts.OUTVOTED, conflicts.TIED, table_rows.EMPTY_TEXT, table_rows.MISSING_LABEL,
        label_mapping.DROPPED,
    ]  # fmt: skip
    assert max(Counter(reason.partition(":")[0] for reason in reasons).values()) == 1
