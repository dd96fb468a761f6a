"""Tests rubric batch: the job it starts, its output, and its exit."""

from __future__ import annotations

import json

import boto3

from tests.unit.ops.batches import IN, REFUSED, answer, get, put, service
from tests.unit.ops.conftest import run


def test_a_file_here_is_answered_by_way_of_s3(serving, monkeypatch, tmp_path, capsys) -> None:
    fake = service(serving, monkeypatch)
    texts, answers = tmp_path / "texts.csv", tmp_path / "answers.jsonl"
    texts.write_text("one\ntwo\n")
    assert run("batch", str(texts), str(answers), "--json") == 0
    output = capsys.readouterr()
    assert [json.loads(line)["predicted_label"] for line in answers.read_text().splitlines()] == ["A", "A"]
    assert (tmp_path / "answers.failed.jsonl").read_text() == ""
    result = json.loads(output.out)
    assert (result["job"], result["lines"], result["labels"], result["status"]) == (
        fake.jobs[0],
        2,
        {"A": 2},
        "Completed",
    )
    assert "All 2 lines are answered" in output.err
    assert get(f"batch/staging/{fake.jobs[0]}/in/texts.csv") == "one\ntwo\n"


def test_answers_here_may_list_fewer_labels_and_say_whether_they_are_uncertain(serving, monkeypatch, tmp_path) -> None:
    service(serving, monkeypatch)
    texts, answers = tmp_path / "texts.csv", tmp_path / "answers.jsonl"
    texts.write_text("one\ntwo\n")
    assert run("batch", str(texts), str(answers), "--top-k", "2", "--threshold", "1", "--json") == 0
    lines = [json.loads(line) for line in answers.read_text().splitlines()]
    assert [(line["predicted_label"], line["labels"], line["uncertain"]) for line in lines] == [("A", ["A"], False)] * 2


def test_answers_in_s3_stay_as_the_job_wrote_them(serving, monkeypatch, capsys) -> None:
    fake = service(serving, monkeypatch)
    put("batch/in/a.csv", "one")
    assert run("batch", IN, "s3://artifacts/batch/out/", "--top-k", "2") == 2
    assert fake.jobs == [] and "need OUT on this machine" in capsys.readouterr().err


def test_refused_lines_fail_the_command_and_the_answers_stay(serving, monkeypatch, capsys) -> None:
    service(serving, monkeypatch, bad=REFUSED)
    boto3.client("s3").create_bucket(Bucket="elsewhere")
    put("in/a.csv", "one", "bad", bucket="elsewhere")
    assert run("batch", "s3://elsewhere/in/", "s3://elsewhere/out/") == 1
    assert "1 of 2 lines are answered, 1 were refused and 0 have no answer" in capsys.readouterr().err
    assert json.loads(get("out/failed.jsonl", "elsewhere"))["input"] == "bad"
    assert len(get("out/a.csv.out", "elsewhere").splitlines()) == 2


def test_a_job_that_fails_tells_why_and_keeps_the_other_files(serving, monkeypatch, capsys) -> None:
    service(serving, monkeypatch, status="Failed", broken=None)
    put("batch/in/a.csv", "one")
    put("batch/in/b.csv", "broken")
    assert run("batch", IN, "s3://artifacts/batch/out/") == 1
    output = capsys.readouterr().err
    assert "1 of 2 lines are answered" in output and "b.csv has no answers: ClientError: See job logs" in output
    assert get("batch/out/a.csv.out") == answer("A") + "\n"


def test_a_job_that_runs_is_watched_and_checked_later(serving, monkeypatch, capsys) -> None:
    fake = service(serving, monkeypatch)
    put("batch/in/a.csv", "one")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ops.batch.follow.follow", interrupted)
        assert run("batch", IN, "s3://artifacts/batch/out/") == 1
    [job] = fake.jobs
    assert f"batch {IN} s3://artifacts/batch/out/ --job {job}" in capsys.readouterr().err
    assert run("batch", IN, "s3://artifacts/batch/out/", "--job", job) == 0
    assert fake.jobs == [job]


def test_more_instances_than_files_are_refused(serving, monkeypatch, capsys) -> None:
    fake = service(serving, monkeypatch)
    put("batch/in/a.csv", "one")
    assert run("batch", IN, "s3://artifacts/batch/out/", "--instance-count", "2") == 2
    assert fake.jobs == [] and "each instance takes whole files" in capsys.readouterr().err


TABLE = 'id;Text;label\n1;Printer broken, again;it\n2;odd\n3;"Two\nlines";it\n'


def test_a_table_s_texts_are_classified_row_for_row(serving, monkeypatch, tmp_path, capsys) -> None:
    """A row that cannot be read has an answer's line, too, and is named by its own line and reason."""
    fake = service(serving, monkeypatch, **{'{"inputs": ""}': REFUSED})
    texts, answers = tmp_path / "tickets.txt", tmp_path / "answers.jsonl"
    texts.write_text(TABLE, encoding="utf-16")
    assert run("batch", str(texts), str(answers), "--text-column", "text") == 1
    assert "2 of 3 lines are answered, 1 were refused" in capsys.readouterr().err
    sent = get(f"batch/staging/{fake.jobs[0]}/in/tickets.txt").splitlines()
    assert [json.loads(line)["inputs"] for line in sent] == ["Printer broken, again", "", "Two\nlines"]
    assert len(answers.read_text().splitlines()) == 3
    [failed] = (tmp_path / "answers.failed.jsonl").read_text().splitlines()
    assert json.loads(failed) == {
        "file": "tickets.txt", "line": 3, "input": '{"inputs": ""}',
        "error": {"code": "unreadable_row", "message": "not 3 columns"},
    }  # fmt: skip


def test_tables_in_s3_are_converted_and_the_command_again_says_so(serving, monkeypatch, capsys) -> None:
    fake = service(serving, monkeypatch)
    put("batch/in/a.csv", *TABLE.splitlines())
    put("batch/in/b.json", '[{"text": "one"}, {"text": "two"}]')

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ops.batch.follow.follow", interrupted)
        assert run("batch", IN, "s3://artifacts/batch/out/", "--text-column", "text") == 1
    [job] = fake.jobs
    again = f"batch {IN} s3://artifacts/batch/out/ --text-column text --job {job}"
    assert again in capsys.readouterr().err
    assert run("batch", IN, "s3://artifacts/batch/out/", "--text-column", "text", "--job", job) == 0
    assert len(get("batch/out/b.json.out").splitlines()) == 2
    assert get(f"batch/staging/{job}/in/b.json").splitlines()[0] == '{"inputs": "one"}'


def test_a_header_is_not_classified(serving, monkeypatch, tmp_path, capsys) -> None:
    fake = service(serving, monkeypatch)
    texts, answers = tmp_path / "texts.csv", tmp_path / "answers.jsonl"
    for header, name in (
        ("text", "text"),
        ('\ufeff"Review"', "Review"),
        ("id;title;label", "title"),
        ("label\tbody", "body"),
    ):
        texts.write_text(f"{header}\none\n", encoding="utf-8")
        assert run("batch", str(texts), str(answers)) == 1
        output = capsys.readouterr().err
        assert f"texts.csv begins with a header that names the column '{name}'" in output and "--no-header" in output
    assert fake.jobs == []
    for first in ("a text of its own", "Text and pictures, together", "Thanks"):
        texts.write_text(f"{first}\none\n")
        assert run("batch", str(texts), str(answers), "--force") == 0
    texts.write_text("Summary\none\n")
    assert run("batch", str(texts), str(answers), "--force", "--no-header") == 0
    assert get(f"batch/staging/{fake.jobs[-1]}/in/texts.csv") == "Summary\none\n"


def test_what_is_no_table_is_refused_with_this_command_s_options(serving, monkeypatch, tmp_path, capsys) -> None:
    fake = service(serving, monkeypatch)
    texts = tmp_path / "texts.csv"
    for content, sentence in (
        (b"a,b\n1,2\n", "set --text-column to the name of the text column"),
        (b"text,b\ncaf\xe9,2\n", "set --encoding"),
        (b"text,b\n", "give it rows below its header"),
    ):
        texts.write_bytes(content)
        assert run("batch", str(texts), str(tmp_path / "out"), "--text-column", "text") == 1
        output = capsys.readouterr().err
        assert sentence in output and "data.dataset" not in output
    assert run("batch", str(texts), str(tmp_path / "out"), "--text-column", "a", "--content-type", "csv") == 2
    assert fake.jobs == []
