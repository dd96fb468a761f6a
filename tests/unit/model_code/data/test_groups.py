"""Groups: stories and near duplicates stay together, long chains are cut."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from model_code.training.data import split
from model_code.training.errors import TrainingError
from tests.unit.model_code.conftest import ROOT
from tests.unit.model_code.data.files import FAR, FRACTIONS, NEAR, groups, headlines, load


def test_a_story_is_one_group_and_a_near_duplicate_joins_two(tmp_path: Path) -> None:
    rows = [[text, label, f"s{number}"] for number, (text, label) in enumerate(headlines(80))]
    added = [
        [NEAR[0], "Science", "A"],
        [FAR, "Science", "A"],
        [NEAR[1], "Science", "B"],
        ["Quite another thing", "Science", "B"],
    ]
    added += [["Not in a story at all, ever", "Health", ""], ["Nor this one with no story", "Science", ""]]
    data = load(tmp_path, [*rows, *added], "title\tcategory\tSTORY")
    group = groups(data)
    assert len({group[text] for text, _, story in added if story}) == 1
    assert len({group[text] for text, _, story in added}) == 3
    near = {row.text: row.near for row in data.rows}
    assert near[NEAR[0]] == near[NEAR[1]] != ""
    assert {near[text] for text, *_ in added} == {near[NEAR[0]], ""}, "texts of a story need not be alike"
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
        "import json,sys,pathlib; from model_code.training.data import dataset; "
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
