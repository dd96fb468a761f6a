"""Suggestions for a generated dataset with changed labels and rows without a label, as the command makes them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from model_code.dataset_generator import generate_headlines
from model_code.training import suggest

LABELS = ["Business", "Entertainment", "Health", "Science"]
CHANGED = range(10, 300, 25)  # lines


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 headlines: some of the first 300 have another label, the last 100 none, one is there twice."""
    path = tmp_path_factory.mktemp("suggest") / "news.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate_headlines, "STRAY", -1.0)
        rows = list(generate_headlines.headlines(400, seed=8))
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["title", "category"])
        for line, (text, label) in enumerate(rows, 2):
            given = LABELS[(LABELS.index(label) + 1) % 4] if line in CHANGED else label
            writer.writerow([text, given if line < 302 else ""])
        writer.writerow([rows[399][0].upper(), ""])
    return path


@pytest.fixture(scope="module")
def made(file: Path) -> dict:
    target = file.with_name("suggestions.json")
    assert suggest.main([str(file), "--json", str(target), "--count", "15"]) == 0
    return json.loads(target.read_text(encoding="utf-8"))


def test_changed_labels_are_named_with_their_lines(made, file):
    lines = [each["line"] for each in made["suspects"]]
    assert len(set(lines) & set(CHANGED)) >= 0.75 * len(CHANGED)
    rows = list(csv.reader(file.open(encoding="utf-8")))
    for each in made["suspects"]:
        assert rows[each["line"] - 1] == [each["text"], each["given"]] and each["likely"] != each["given"]
    probabilities = [each["probability_given"] for each in made["suspects"]]
    assert probabilities == sorted(probabilities)


def test_the_estimate_holds_the_number_that_was_changed(made):
    low, high = made["wrong"]["interval"]
    assert low <= len(CHANGED) <= high and made["rows_used"] == 300 and made["trusted"]
    assert made["model"]["accuracy"] > 0.8 and "labels look wrong" in made["findings"][0]


def test_rows_without_a_label_are_suggested_for_labelling_once(made, file):
    rows = list(csv.reader(file.open(encoding="utf-8")))
    assert made["unlabelled"] == 100 and len(made["next"]) == 15
    assert all(302 <= each["line"] <= 401 and rows[each["line"] - 1][0] == each["text"] for each in made["next"])
    assert [each["priority"] for each in made["next"]] == sorted((e["priority"] for e in made["next"]), reverse=True)
    assert {each["likely"] for each in made["next"]} <= set(LABELS)


def test_texts_of_another_file_are_suggested_instead(file, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("text\nShares rise, bonds fall\nNew film opens\n", encoding="utf-8")
    made = suggest.suggest(file, unlabelled_path=more)
    assert made["unlabelled_file"] == "more.csv" and [each["line"] for each in made["next"]] in ([2, 3], [3, 2])


def test_another_encoding_and_a_mapping_of_labels_are_as_in_training(file, tmp_path):
    odd, labels = tmp_path / "odd.csv", tmp_path / "labels.json"
    odd.write_bytes(file.read_text(encoding="utf-8").replace("Health", "Santé").encode("cp1252"))
    labels.write_text(json.dumps({"rename": {"Santé": "Health"}, "merge": {}, "drop": ["Science"]}), encoding="utf-8")
    target = tmp_path / "suggestions.json"
    options = ["--encoding=windows-1252", f"--labels={labels}", "--unlabelled", str(odd)]
    assert suggest.main([str(odd), "--json", str(target), *options]) == 0
    made = json.loads(target.read_text(encoding="utf-8"))
    assert list(made["labels"]) == ["Business", "Entertainment", "Health"]
    assert {each["given"] for each in made["suspects"]} <= set(made["labels"])


def test_the_same_file_gives_the_same_suggestions(made, file):
    again = suggest.suggest(file, count=15)
    assert {**again, "seconds": 0} == {**made, "seconds": 0}


def test_a_file_from_which_nothing_can_be_learned_says_so(tmp_path):
    path = tmp_path / "noise.csv"
    words = [f"{chr(97 + number % 26)}{number * 7919 % 1009} q{number}" for number in range(40)]
    path.write_text("text,label\n" + "".join(f"{word},{'ab'[i // 3 % 2]}\n" for i, word in enumerate(words)))
    made = suggest.suggest(path)
    assert not made["trusted"] and made["findings"][0].startswith("There is too little data to judge labels")


def test_an_error_is_one_line_with_the_commands_options(tmp_path, capsys):
    path = tmp_path / "odd.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    assert suggest.main([str(path), "--json", str(tmp_path / "x.json")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "--text-column" in error and "data.dataset" not in error
    assert suggest.main([str(path), "--unlabelled", str(tmp_path / "no"), "--json", str(tmp_path / "x.json")]) == 1
