"""Encodings: UTF-8 and byte order marks are recognised; any other is asked for, and single bad lines are named."""

from __future__ import annotations

import codecs

import pytest

from dataset_files.delimited import decoding, layout
from dataset_files.errors import FileError
from dataset_files.files import Content, table

LINES = ["text,label", *(f"caf\u00e9 {number},{'ab'[number % 2]}" for number in range(40))]
TEXT = "\n".join(LINES)


def rows(data: bytes, encoding: str = "") -> tuple[list[str], list[tuple[int, str]]]:
    read = table(Content("f", data), encoding=encoding)
    return [fields[0] for _, fields in read.rows], read.findings.odd


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_recognised(encoding: str) -> None:
    assert rows(TEXT.encode(encoding))[0][0] == "caf\u00e9 0"


@pytest.mark.parametrize(
    ("told", "encoding"), [("windows-1252", "cp1252"), ("iso-8859-1", "latin-1"), ("utf-16-le", "utf-16-le")]
)
def test_another_encoding_is_asked_for_and_then_used(told: str, encoding: str) -> None:
    data = TEXT.encode(encoding)
    with pytest.raises(FileError, match=r"^f:\d+: set data\.dataset\.encoding"):
        rows(data)
    assert rows(data, told)[0][0] == "caf\u00e9 0"


def test_a_line_that_is_not_utf_8_among_many_that_are_is_left_out_and_named() -> None:
    read, odd = rows(TEXT.encode() + b"\ncaf\xe9,a\nlast,b\n")
    assert (len(read), read[-1], odd) == (41, "last", [(42, layout.UNDECODED)])


def test_c1_characters_are_those_of_windows_1252() -> None:
    """As a file has them that was read as Latin-1 once, and as one has them that is called Latin-1."""
    assert rows("text,label\nI\x92ve,a\n".encode())[0] == ["I\u2019ve"]
    assert rows(b"text,label\nI\x92ve \xe9,a\n", "latin-1")[0] == ["I\u2019ve \u00e9"]


def test_a_utf_16_file_that_breaks_off_keeps_what_precedes() -> None:
    assert len(rows(TEXT.encode("utf-16")[:-1])[0]) == 40


def test_a_damaged_utf_16_file_is_refused() -> None:
    data = bytearray(TEXT.encode("utf-16"))
    data[100:102] = b"\x00\xdc"
    with pytest.raises(FileError, match=r"^f:1: save it again as UTF-8: the file starts as UTF-16"):
        rows(bytes(data))


@pytest.mark.parametrize("name", ["no-such", "rot13", "hex", "idna", "undefined"])
def test_what_is_no_encoding_of_files_is_refused(name: str) -> None:
    assert not decoding.known(name)
    with pytest.raises(FileError, match=r"^f: set data\.dataset\.encoding"):
        rows(TEXT.encode(), name)


def test_the_byte_that_is_not_utf_8_is_named_with_its_line_whatever_stands_before() -> None:
    for mark, end in ((codecs.BOM_UTF8, b"\n"), (b"", b"\r\n"), (b"", b"\r")):
        with pytest.raises(FileError, match=r"^f:3: .*byte 0xe9 is not UTF-8"):
            rows(mark + end.join([b"text,label", b"plain,a", b"caf\xe9,a", b"x,b"]))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("letter", ["a", "\u4e2d", "\u043f", "\U0001f600"])
def test_utf_16_without_a_mark_is_asked_for_in_any_language(encoding: str, letter: str) -> None:
    data = f"text,label\n{f'{letter} {letter}{letter},x' * 2}\n".encode(encoding)
    for size in (len(data), 4096 // len(data) * len(data) + len(data), 3):
        with pytest.raises(FileError, match=r"utf-16-le.*perhaps it is UTF-16"):
            rows((data * 200)[: max(size, 40)])


def test_single_zero_bytes_are_part_of_a_text_wherever_they_stand() -> None:
    lines = TEXT.replace("1,", "\0,", 1).encode()
    assert rows(lines)[0][1] == "caf\u00e9 \0"


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", b"\x80\x04\x95\x11\0\0\0\0\0\0\0}\x94", bytes(5000)]
)
def test_what_is_no_text_is_not_taken_for_another_encoding(data: bytes) -> None:
    with pytest.raises(FileError, match=r"^f:1: save the data as CSV \(UTF-8\): it is not a text file"):
        rows(data)


def test_byte_order_marks_that_programs_added_again_are_no_part_of_a_name() -> None:
    assert rows(codecs.BOM_UTF8 * 2 + b'"text",label\nx,a\n')[0] == ["x"]
