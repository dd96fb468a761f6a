"""Applying data.labels to a file: before rows are compared, and only if it fits the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.texts.label_mapping import LabelMapping
from model_code.training.data import dataset, label_mapping
from model_code.training.errors import DatasetError, TrainingError
from tests.unit.model_code.data.files import headlines

NAMES = ["Money", "money", "Sport", "nan"]


def write(folder: Path, extra: list[tuple[str, str]] | None = None) -> Path:
    rows = [(text, NAMES[number % 4]) for number, (text, _) in enumerate(headlines(80))] + (extra or [])
    path = folder / "case.tsv"
    path.write_text("\n".join(["text\tlabel", *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def load(path: Path, document: dict[str, Any]) -> dataset.Dataset:
    return dataset.load(path, labels=LabelMapping.of(document))


def test_labels_are_renamed_merged_and_left_out_and_all_is_recorded(tmp_path: Path) -> None:
    document = {"merge": {"Money": ["money"]}, "rename": {"Sport": "Sport & play"}, "drop": ["nan"]}
    described = load(write(tmp_path), document).describe()
    assert described["labels"] == {"Money": 40, "Sport & play": 20}
    assert described["dropped"] == {label_mapping.DROPPED: 20}
    assert described["label_mapping"] == [
        {"label": "Sport", "becomes": "Sport & play", "rows": 20},
        {"label": "money", "becomes": "Money", "rows": 20},
        {"label": "nan", "becomes": None, "rows": 20},
    ]
    assert described["label_findings"] == []
    assert described["rows_read"] == described["rows_used"] + sum(described["dropped"].values()) == 80
    assert described["dropped_rows"][label_mapping.DROPPED][0] == [5, 5]


def test_rows_are_compared_by_the_labels_that_they_get(tmp_path: Path) -> None:
    twice = [("The same text of two labels", "Money"), ("The same text of two labels", "money")]
    path = write(tmp_path, twice)
    assert load(path, {}).describe()["dropped"] == {
        "conflicting label, tied: the same text has several labels equally often": 2
    }
    assert load(path, {"merge": {"Money": ["money"]}}).describe()["dropped"] == {
        "exact duplicate: the same text and label as another row": 1
    }


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"drop": ["nun"]}, r"data\.labels\.drop names the label 'nun', which no row has \(perhaps 'nan' is meant\)"),
        ({"merge": {"Money": ["xyzzy"]}}, r"data\.labels\.merge names the label 'xyzzy', which no row has"),
        ({"rename": {"money": "Money"}}, r"the name 'Money', which 20 rows have already"),
        ({"merge": {"All": ["Money", "money", "Sport", "nan"]}}, "every row has the same label 'All'"),
        ({"drop": ["Money", "money", "Sport", "nan"]}, "there is no usable row"),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_the_file_is_refused(
    tmp_path: Path, document: dict[str, Any], message: str
) -> None:
    with pytest.raises(DatasetError, match=message) as refused:
        load(write(tmp_path), document)
    assert "\n" not in str(refused.value)


def test_codes_of_the_uci_set_have_their_names_first(tmp_path: Path) -> None:
    rows = [(text, "bemt"[number % 4]) for number, (text, _) in enumerate(headlines(80))]
    path = tmp_path / "uci.tsv"
    path.write_text("\n".join(["text\tlabel", *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    assert load(path, {"drop": ["Health"]}).labels == ["Business", "Entertainment", "Science"]


def test_a_job_reads_the_mapping_of_its_digest_only(tmp_path: Path) -> None:
    mapping = LabelMapping.of({"drop": ["nan"]})
    (tmp_path / "0abc.json").write_text(mapping.to_json(), encoding="utf-8")
    assert label_mapping.read(tmp_path, sha256=mapping.sha256).targets() == {"nan": None}
    assert not label_mapping.read(None, sha256="")
    for channel, digest in ((tmp_path, "0" * 64), (None, mapping.sha256)):
        with pytest.raises(TrainingError, match=r"does not have the data\.labels that the deploy sent"):
            label_mapping.read(channel, sha256=digest)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not a mapping of labels"),
        ("[]", "is not a mapping of labels"),
        ('{"rename": {"a": "b", "b": "c"}}', r"data\.labels\.rename\.a: 'b': this label in turn becomes 'c'"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match=message):
        label_mapping.read_file(path)
