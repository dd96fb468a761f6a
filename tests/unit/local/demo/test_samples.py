from pathlib import Path

import pytest

from local.demo import samples


def read(tmp_path: Path, content: str, text_column: str | None = None) -> list[str]:
    file = tmp_path / "data"
    file.write_text(content)
    return samples.texts([file], text_column=text_column)


def test_without_a_file_there_are_eight_headlines() -> None:
    assert len(set(samples.texts([], text_column=None))) == samples.COUNT


def test_the_usual_column_is_found_and_the_header_is_no_text(tmp_path: Path) -> None:
    assert read(tmp_path, 'category,Title\nb,"Shares fall, again"\nm,New cure\n') == ["Shares fall, again", "New cure"]


def test_a_named_column_is_taken(tmp_path: Path) -> None:
    assert read(tmp_path, "title,body\nx,One text\n", text_column="Body") == ["One text"]


@pytest.mark.parametrize("name", ["text", "title", "review", "utterance", "question"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_they_are_the_training_job_s(tmp_path: Path, name: str, delimiter: str, encoding: str) -> None:
    """With any delimiter, encoding and usual name: no header, no other column, and no row that it leaves out."""
    rows = [f'{i}{delimiter}"Text {i}{delimiter} the &amp; end"{delimiter}{"ab"[i % 2]}' for i in range(40)]
    file = tmp_path / "data.txt"
    file.write_text("\n".join([f"id{delimiter}{name}{delimiter}label", *rows, "odd"]), encoding=encoding)
    texts = samples.texts([file], text_column=None)
    assert texts == [f"Text {i}{delimiter} the & end".replace("\t", "") for i in range(0, 40, 5)]


def test_a_folder_and_another_encoding(tmp_path: Path) -> None:
    for part in "ab":
        (tmp_path / f"{part}.csv").write_bytes(f"text,label\nca\xf1a {part},x\n".encode("cp1252"))
    assert samples.texts([tmp_path], text_column=None, encoding="windows-1252") == ["ca\xf1a a", "ca\xf1a b"]


def test_the_uci_set_as_published(tmp_path: Path) -> None:
    rows = '1\tHe said "no to all\thttp://a/b\tp\tb\ts\th\t1\n2\tA second text\thttp://a/c\tp\tm\ts\th\t2\n'
    assert read(tmp_path, rows) == ['He said "no to all', "A second text"]


def test_they_are_spread_over_the_file_and_differ(tmp_path: Path) -> None:
    rows = "".join(f"text number {i}\n" for i in range(80)) * 2
    assert read(tmp_path, "text\n" + rows) == [f"text number {i}" for i in range(0, 80, 10)]


def test_a_file_without_texts_falls_back(tmp_path: Path) -> None:
    assert read(tmp_path, "") == list(samples.HEADLINES)
    assert read(tmp_path, "text,label\n") == list(samples.HEADLINES)
