"""Normalising, duplicates, conflicting labels, groups and the leak of a random split."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contracts import text_normalization
from model_code.training import dataset, generate_headlines
from model_code.training.data import duplicates, normalize, split
from model_code.training.errors import DatasetError, TrainingError
from model_code.training.evaluation import leak

ROOT = Path(__file__).resolve().parents[3]
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


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ben &amp; Jerry&#39;s &amp;quot;best&amp;quot;", 'Ben & Jerry\'s "best"'),
        ("AT&T, R&D; ?a=1&copy=2 &nosuch;", "AT&T, R&D; ?a=1&copy=2 &nosuch;"),
        ("a <b>tag</b> and 3 < 4", "a <b>tag</b> and 3 < 4"),
        ("ze\u200bro \ufeffwi\u00addth\u202e bi\u2066di", "zero width bidi"),
        ("tab\tand\x00 nul\x07\x85next&nbsp;&#8203;line", "tab and nul next line"),
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
        "conflicting label: the same text has another label more often": [[62, 62]],
        "conflicting label: the same text has several labels equally often": [[65, 66]],
        "exact duplicate: the same text and label as another row": [[63, 63]],
    }
    assert sum(described["dropped"].values()) + described["rows_used"] == described["rows_read"]


NEAR = [
    "Chiquita and Fyffes to create world's largest banana company",
    "UPDATE 1-Chiquita, Fyffes to create world's largest banana company",
]
FAR = "Fyffes shareholders wait for an answer from the bank"


def test_near_duplicates_share_a_group_and_others_do_not(tmp_path: Path) -> None:
    data = load(tmp_path, [*headlines(100), *([text, "Science"] for text in (*NEAR, FAR))])
    group = groups(data)
    assert group[NEAR[0]] == group[NEAR[1]] != group[FAR]
    near = data.describe()["near_duplicates"]
    assert near["groups"] >= 1
    assert near["rows"] >= 2
    assert data.describe()["grouped_by"] == "near duplicates"
    for first, second in near["examples"]:
        assert group[first] == group[second]
        assert jaccard(shingles(first), shingles(second)) >= duplicates.THRESHOLD


def shingles(text: str) -> set[str]:
    padded = f" {normalize.words(text)} "
    return {padded[at : at + 4] for at in range(len(padded) - 3)}


def jaccard(one: set[str], two: set[str]) -> float:
    return len(one & two) / len(one | two)


def test_pairs_found_are_those_of_a_comparison_of_all_with_all() -> None:
    texts = sorted({text_normalization.key(text) for text, _ in headlines(700, seed=3)})
    links = duplicates.links(texts, threshold=duplicates.THRESHOLD)
    found = duplicates.components(len(texts), links).tolist()
    sets = [shingles(text) for text in texts]
    alike = [
        (one, two)
        for one in range(len(texts))
        for two in range(one + 1, len(texts))
        if jaccard(sets[one], sets[two]) >= duplicates.THRESHOLD
    ]
    assert len(alike) > 20
    assert {tuple(pair) for pair in links.tolist()} <= set(alike)
    assert sum(found[one] == found[two] for one, two in alike) >= 0.97 * len(alike)


def test_a_story_is_one_group_and_a_near_duplicate_joins_two(tmp_path: Path) -> None:
    rows = [[text, label, f"s{number}"] for number, (text, label) in enumerate(headlines(80))]
    told = [
        [NEAR[0], "Science", "A"],
        [FAR, "Science", "A"],
        [NEAR[1], "Science", "B"],
        ["Quite another thing", "Science", "B"],
    ]
    told += [["Not in a story at all, ever", "Health", ""], ["Nor this one with no story", "Science", ""]]
    data = load(tmp_path, [*rows, *told], "title\tcategory\tSTORY")
    group = groups(data)
    assert len({group[text] for text, _, story in told if story}) == 1
    assert len({group[text] for text, _, story in told}) == 3
    described = data.describe()
    assert (described["stories"], described["grouped_by"]) == (82, "STORY column and near duplicates")


def test_groups_and_split_are_the_same_in_any_order_and_process(tmp_path: Path) -> None:
    rows = [[text, label, f"s{number // 4}"] for number, (text, label) in enumerate(headlines(300))]
    rows += [[f"{text} again", label, story] for text, label, story in rows[::7]]
    shuffled = rows.copy()
    random.Random(0).shuffle(shuffled)
    first, second = (load(tmp_path, each, "title\tcategory\tstory") for each in (rows, shuffled))
    assert groups(first) == groups(second)
    parts = [split.split(data.rows, **FRACTIONS) for data in (first, second)]
    for name in ("train", "valid", "test"):
        texts = [[(row.text, row.label) for row in getattr(each, name)] for each in parts]
        assert texts[0] == texts[1]
    code = (
        "import json,sys,pathlib; from model_code.training import dataset; "
        "print(json.dumps({r.text: r.group for r in dataset.load(pathlib.Path(sys.argv[1])).rows}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data.tsv")], cwd=ROOT, check=True, capture_output=True, timeout=60
    )
    assert json.loads(done.stdout) == groups(second)


def test_a_chain_that_holds_most_of_a_label_is_cut(tmp_path: Path) -> None:
    rows = [[f"shares rise by {number} in London", "Business"] for number in range(100, 140)]
    rows += [[f"film number {number} opens in Paris", "Film"] for number in range(100, 140)]
    data = load(tmp_path, rows)
    assert data.near_duplicates["rows_in_cut_chains"] == 80
    parts = split.split(data.rows, **FRACTIONS)
    assert {row.label for row in parts.test} == {row.label for row in parts.valid} == {"Business", "Film"}


def test_texts_that_are_nearly_all_equal_end_in_a_sentence(tmp_path: Path) -> None:
    long = "the very same words of a long text that is copied over and over with one number at its end "
    rows = [[f"{long * 3}{number}", "A" if number < 50 else "B"] for number in range(100)]
    data = load(tmp_path, rows)
    assert len(set(groups(data).values())) == 1
    with pytest.raises(TrainingError, match=r"part would be empty: .* which leaves 1 groups of the 100 rows"):
        split.split(data.rows, **FRACTIONS)


def test_publisher_and_time_are_read_where_they_are(tmp_path: Path) -> None:
    times = ["1394470370698", "1394470370", "2014-03-10T16:52:50+00:00", "2014-03-10", "soon", ""]
    rows = [[text, label, "Reuters", times[number % 6]] for number, (text, label) in enumerate(headlines(60))]
    data = load(tmp_path, rows, "title\tcategory\tPUBLISHER\tTIMESTAMP")
    assert [row.time for row in data.rows[:6]] == [1394470370.698, 1394470370.0, 1394470370.0, 1394409600.0, None, None]
    assert {row.publisher for row in data.rows} == {"Reuters"}


def test_a_label_that_only_repeats_itself_is_refused_with_the_counts(tmp_path: Path) -> None:
    rows = [*headlines(60), *([f"the same text {number % 3}", "Rare"] for number in range(12))]
    with pytest.raises(
        DatasetError, match=r"data\.tsv:62: label 'Rare' has 3 rows besides 9 that repeat or contradict others"
    ):
        load(tmp_path, rows)


def test_the_leak_of_a_random_split_is_measured(tmp_path: Path) -> None:
    rows = []
    for number, (text, label) in enumerate(headlines(120, seed=4)):
        rows += [
            [variant, label, f"s{number}"] for variant in (text, f"UPDATE {number % 9}-{text}", f"{text} - sources")
        ]
    data = load(tmp_path, rows, "title\tcategory\tstory")
    parts = split.split(data.rows, **FRACTIONS)
    measured = leak.measure(data.rows, parts, labels=data.labels, **FRACTIONS)
    assert measured == leak.measure(data.rows[::-1], parts, labels=data.labels, **FRACTIONS)
    assert measured["this_split_share"] == 0
    assert measured["random_split_share"] > 0.8
    assert measured["inflation"] == measured["baseline_accuracy_random"] - measured["baseline_accuracy_this"] > 0
    low, high = measured["inflation_interval"]
    assert low < measured["inflation"] < high
    known = leak.measure(data.rows, parts, labels=data.labels, **FRACTIONS, accuracy=0.5)
    assert known["baseline_accuracy_this"] == 0.5


def test_the_leak_is_fitted_on_whole_groups_of_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak, "MOST_ROWS", 200)
    data = load(tmp_path, headlines(600))
    parts = split.split(data.rows, **FRACTIONS)
    measured = leak.measure(data.rows, parts, labels=data.labels, **FRACTIONS, accuracy=0.123)
    assert 190 <= measured["rows_used"] <= 200
    assert measured["baseline_accuracy_this"] != 0.123
    sampled = leak._sample(data.rows, seed=5)
    inside = {row.group for row in sampled}
    assert len(sampled) == sum(row.group in inside for row in data.rows)
