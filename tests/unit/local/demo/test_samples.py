from pathlib import Path

from local.demo import samples


def read(tmp_path: Path, content: str, text_column: str | None = None) -> list[str]:
    file = tmp_path / "data"
    file.write_text(content)
    return samples.texts(file, text_column=text_column)


def test_without_a_file_there_are_eight_headlines() -> None:
    assert len(set(samples.texts(None, text_column=None))) == samples.COUNT


def test_the_usual_column_is_found_and_the_header_is_no_text(tmp_path: Path) -> None:
    assert read(tmp_path, 'category,Title\nb,"Shares fall, again"\nm,New cure\n') == ["Shares fall, again", "New cure"]


def test_a_named_column_is_taken(tmp_path: Path) -> None:
    assert read(tmp_path, "title,body\nx,One text\n", text_column="Body") == ["One text"]


def test_tabs_without_a_header_and_with_unbalanced_quotes(tmp_path: Path) -> None:
    rows = '1\tHe said "no to all\thttp://a/b\tb\n2\tA second text here\thttp://a/c\tm\n'
    assert read(tmp_path, rows) == ['He said "no to all', "A second text here"]


def test_they_are_spread_over_the_file_and_differ(tmp_path: Path) -> None:
    rows = "".join(f"text number {i}\n" for i in range(80)) * 2
    assert read(tmp_path, "text\n" + rows) == [f"text number {i}" for i in range(0, 80, 10)]


def test_a_file_without_texts_falls_back(tmp_path: Path) -> None:
    assert read(tmp_path, "") == list(samples.HEADLINES)
    assert read(tmp_path, "text,label\n") == list(samples.HEADLINES)
