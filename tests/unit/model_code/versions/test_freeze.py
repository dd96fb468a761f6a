"""The script that `rubric data` runs: files in, files out, version after version."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.datasets import ledger
from model_code.dataset_generator import generate_headlines
from model_code.training import freeze
from model_code.training.data import dataset, split
from model_code.training.versions import rows

Freeze = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("freeze") / "news.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["title", "category", "publisher", "date"])
        for text, label in generate_headlines.headlines(400, seed=8):
            writer.writerow([text, label, "The Post", "2026-11-20T10:00:00Z"])
    return path


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Freeze:
    def run(*events: dict[str, Any], status: int = 0, **request: Any) -> dict[str, Any]:
        folder = tmp_path / f"out{len(list(tmp_path.glob('out*')))}"
        folder.mkdir()
        written = folder / "events.jsonl"
        written.write_text("".join(json.dumps(event) + "\n" for event in events))
        asked = {"events": str(written), "key_share": 0.1, **request}
        (folder / "request.json").write_text(json.dumps(asked))
        assert freeze.main([str(folder / "request.json"), "--folder", str(folder)]) == status
        if status:
            return {"error": capsys.readouterr().err}
        pending = [json.loads(line) for line in (folder / "pending.jsonl").read_text().splitlines()]
        return {**json.loads((folder / "folded.json").read_text()), "file": folder / "rows.csv", "pending": pending}

    return run


def event(text: str, label: str, **more: Any) -> dict[str, Any]:
    row_id = ledger.row_of(text)
    made: dict[str, Any] = {
        "row_id": row_id,
        "event_id": f"event of {text} {label}",
        "kind": "label",
        "source": "feedback",
    }
    made |= {"key_id": "k" * 10, "trusted": True, "label": label, "text": text, "time": "2026-11-20T10:00:00.000Z"}
    return {**made, **more}


def test_the_first_version_has_the_parts_of_a_training_without_versions(run: Freeze, file: Path) -> None:
    first = run(dataset=str(file))
    data = dataset.load(file)
    parts = split.split(data.rows, valid_fraction=0.05, test_fraction=0.1, seed=13)
    by_part = {part: {row.text for row in members} for part, members in vars(parts).items()}
    found = rows.read(first["file"])
    assert {part: {row.text for row in found if row.part == part} for part in by_part} == by_part
    assert first["rows"] == len(data.rows) == sum(sum(each.values()) for each in first["counts"].values())
    assert first["sha256"] == hashlib.sha256(first["file"].read_bytes()).hexdigest()
    assert {row.publisher for row in found} == {"The Post"} and found[0].time.startswith("2026-11-20T10:00")


def test_training_reads_a_version_as_it_is(run: Freeze, file: Path) -> None:
    first = run(dataset=str(file))
    data = dataset.load(first["file"])
    assert len(data.rows) == first["rows"] and not data.drops.count
    assert Counter(row.part for row in data.rows) == {part: sum(of.values()) for part, of in first["parts"].items()}
    taken = split.as_divided(data.rows)
    assert taken is not None and {row.part for row in taken.test} == {"test"}
    assert sum(taken.counts().values()) == len(data.rows)


def test_the_next_version_has_what_came_in(run: Freeze, file: Path) -> None:
    first = run(dataset=str(file))
    known = rows.read(first["file"])
    told = [event("A cure for hiccups found in Ulm", "Health"), event(known[0].text, "nonsense")]
    second = run(*told, parent=str(first["file"]))
    assert (second["new"], second["events"], second["until"]) == (1, 2, "2026-11-20T10:00:00.000Z")
    assert second["quarantined"] == {"unknown label": 1}
    assert [(each["text"], each["base"]) for each in second["pending"]] == [(known[0].text, known[0].label)]
    (new,) = set(rows.read(second["file"])) - set(known)
    assert (new.text, new.label, new.origin) == (told[0]["text"], "Health", "feedback")
    assert new.event_id == told[0]["event_id"]
    assert second["sha256"] == run(*reversed(told), parent=str(first["file"]))["sha256"]


def test_a_tombstone_keeps_a_text_out_wherever_it_comes_from(run: Freeze, file: Path) -> None:
    key = bytes(range(32))
    first = run(dataset=str(file))
    known = rows.read(first["file"])
    erased = [ledger.keyed_hash(each, key=key) for each in (known[0].row_id, ledger.row_of("Come back"))]
    again = event("come  BACK", "Health")
    for request in (
        {"dataset": str(file)},
        {"parent": str(first["file"])},
        {"parent": str(first["file"]), "dataset": str(file)},
    ):
        found = run(again, erased=erased, erasure_key=key.hex(), **request)
        assert not {known[0].row_id, again["row_id"]} & {row.row_id for row in rows.read(found["file"])}
        assert found["left_out"]["erased"] >= 2 and found["pending"] == [] and found["new"] == 0


def test_labels_follow_the_setting(run: Freeze, file: Path) -> None:
    labels = {"merge": {"News": ["Business", "Science"]}, "drop": ["Health"]}
    first = run(event("A new shop opens in Ulm today", "Business"), dataset=str(file), labels=labels)
    assert set(first["counts"]["dataset"]) == {"Entertainment", "News"} and first["counts"]["feedback"] == {"News": 1}
    raw = run(dataset=str(file))
    later = run(parent=str(raw["file"]), labels=labels)
    assert set(later["counts"]["dataset"]) == {"Entertainment", "News"}


def test_a_label_with_too_few_rows_is_refused_in_a_sentence(run: Freeze, file: Path) -> None:
    told = event("Something else entirely", "Sport", kind="review", source="review")
    message = run(told, dataset=str(file), status=1)["error"]
    assert "label 'Sport' would have 1 rows, and a model needs 4 of each" in message and message.count("\n") == 1


def test_a_file_that_is_no_version_is_refused_in_a_sentence(run: Freeze, file: Path) -> None:
    assert "is not the file of a dataset version" in run(parent=str(file), status=1)["error"]
