"""Files are opened by what they hold: JSON, Parquet, Excel, compressed ones, and several at once."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dataset_files import files
from dataset_files.delimited import layout
from dataset_files.errors import FileError
from dataset_files.files import Content
from dataset_files.formats import packed

OBJECTS = [{"text": f"a text {number}", "label": "ab"[number % 2]} for number in range(4)]
ROWS = [[each["text"], each["label"]] for each in OBJECTS]
CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


def read(data: bytes | str, name: str = "f") -> tuple[list[list[str]], list[tuple[int, str]]]:
    content = Content(name, data.encode() if isinstance(data, str) else data)
    table = files.table(content)
    at = [table.columns.index("text"), table.columns.index("label")]
    return [[fields[position] for position in at] for _, fields in table.rows], table.findings.odd


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(OBJECTS),
        json.dumps(OBJECTS, indent=2),
        "\ufeff" + json.dumps(OBJECTS, indent=2),
        json.dumps({"version": 1, "data": OBJECTS}),
        json.dumps({"text": [row[0] for row in ROWS], "label": [row[1] for row in ROWS]}),
        json.dumps({name: {str(n): row[name] for n, row in enumerate(OBJECTS)} for name in ("text", "label")}),
        json.dumps({"columns": ["text", "label"], "index": [0, 1, 2, 3], "data": ROWS}),
        "\n".join(map(json.dumps, OBJECTS)),
        "\n\n".join(map(json.dumps, OBJECTS)) + "\n",
        json.dumps(OBJECTS[0]) + "\n" + "\n".join(json.dumps({"id": 1, **each}) for each in OBJECTS[1:]),
    ],
)
def test_json_in_the_forms_that_libraries_write(document: str) -> None:
    assert read(document) == (ROWS, [])


def test_odd_lines_of_json_are_named() -> None:
    lines = [json.dumps(each) for each in OBJECTS]
    document = "\n".join([*lines, '{"text": "cut of', '["a", "b"]', *lines])
    assert read(document) == (ROWS * 2, [(5, "not JSON"), (6, "no object")])


def test_json_lines_are_recognised_by_most_of_their_lines() -> None:
    """Though the first is none, as where a program wrote its log into the file."""
    lines = [json.dumps(each) for each in OBJECTS]
    assert read("\n".join(["INFO 4 rows", *lines, ""])) == (ROWS, [(1, "not JSON")])


def test_json_lines_without_names_are_refused() -> None:
    with pytest.raises(FileError, match=r"^f:1: save it as a list of objects.*each line is a list"):
        read("\n".join(map(json.dumps, ROWS)))


def test_halves_of_characters_are_marked_and_lines_of_another_encoding_left_out() -> None:
    lines = [json.dumps({"text": "a\ud83d", "label\udc00": "x", "label": "\udcff"}), *map(json.dumps, OBJECTS)]
    assert read("\n".join(lines))[0][0] == ["a\ufffd", "\ufffd"]
    good = [json.dumps({**each, "text": "caf\u00e9"}, ensure_ascii=False).encode() for each in OBJECTS] * 5
    rows, odd = read(b"\n".join([*good, good[0].replace("\u00e9".encode(), b"\xe9")]))
    assert len(rows) == 20 and odd == [(21, layout.UNDECODED)]
    for end in (b"\n", b"\r\n"):
        with pytest.raises(FileError, match=r"^f:1: save it again as UTF-8"):
            read(b"[" + end + (b"," + end).join([*good, good[0].replace("\u00e9".encode(), b"\xe9")]) + b"]")


def test_values_are_as_csv_would_have_them() -> None:
    values: list[Any] = [1, 1.0, 2.5, True, None, "x"]
    document = json.dumps([{"text": "t", "label": value} for value in values])
    assert [label for _, label in read(document)[0]] == ["1", "1", "2.5", "true", "", "x"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('[["a cup","sport"],["rates","money"]]', 'f:1: save it as a list of objects, such as [{"text": "...",'),
        ('{\n "train": [\n  ["a cup", "sport"]\n ]\n}', "f:1: save it as a list of objects"),
        ('{"train": [{"text": "a"}], "test": [{"text": "b"}]}', "f:1: save the one to train on as a file of its own"),
        ('[\n {"text": "a",\n', "f:3: save the file again, or as CSV: this is JSON that breaks off"),
        ("[" * 100_000, "f:1: save it as a list of objects"),
        ("{}", "f:1: save it as a list of objects"),
    ],
)
def test_other_json_is_refused(document: str, message: str) -> None:
    with pytest.raises(FileError) as refused:
        read(document)
    assert str(refused.value).startswith(message)
    assert "cup" not in str(refused.value)


def test_parquet() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    out = io.BytesIO()
    columns = {"id": [1, 2, 3, 4], "text": [row[0] for row in ROWS], "label": [row[1] for row in ROWS]}
    parquet.write_table(pyarrow.table(columns), out)
    assert read(out.getvalue()) == (ROWS, [])
    with pytest.raises(FileError, match=r"^f: save it again, or as CSV .*: the Parquet file cannot be opened"):
        read(out.getvalue()[:-20])


def workbook(*sheets: list[list[Any]]) -> bytes:
    """A minimal workbook (Office Open XML): strings in the cells, numbers as such, None for no cell."""
    out = io.BytesIO()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"

    def cell(at: str, value: Any) -> str:
        if isinstance(value, str):
            return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'
        return f'<c r="{at}"><v>{value}</v></c>'

    with zipfile.ZipFile(out, "w") as archive:
        numbers = range(1, len(sheets) + 1)
        listed = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        root = f'<Relationship Id="r0" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">{root}</Relationships>')
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>'
        )
        related = "".join(
            f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/s{n}.xml"/>' for n in numbers
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{related}</Relationships>'
        )
        for number, rows in enumerate(sheets, 1):
            body = ""
            for line, row in enumerate(rows, 1):
                cells = [cell(f"{'ABCDEF'[at]}{line}", value) for at, value in enumerate(row) if value is not None]
                body += f'<row r="{line}">{"".join(cells)}</row>'
            archive.writestr(
                f"xl/worksheets/s{number}.xml", f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
            )
    return out.getvalue()


def test_excel_finds_the_sheet_with_the_texts() -> None:
    pytest.importorskip("python_calamine")
    notes = [["What this is"], ["and who made it"]]
    sheet: list[list[Any]] = [[], ["text", "label"], *ROWS[:2], ["odd", "a", "more"], ["number", 7]]
    table = files.table(Content("f", workbook(notes, sheet)))
    assert table.columns == ("text", "label") and table.header_line == 2
    assert [(line, list(fields)) for line, fields in table.rows] == [(3, ROWS[0]), (4, ROWS[1]), (6, ["number", "7"])]
    assert table.findings.odd == [(5, "not 2 columns")]


def test_a_workbook_with_two_datasets_or_none_is_refused() -> None:
    pytest.importorskip("python_calamine")
    sheet: list[list[Any]] = [["text", "label"], *ROWS]
    with pytest.raises(FileError, match=r"^f: leave one of them in the file.*: 2 sheets of the workbook"):
        read(workbook(sheet, sheet))
    with pytest.raises(FileError, match=r"^f: give it a header row and rows: the workbook is empty"):
        read(workbook([]))
    with pytest.raises(FileError, match=r"^f: save it again, or as CSV .*: the Excel workbook cannot be opened"):
        read(b"\xd0\xcf\x11\xe0" + bytes(600))


@pytest.mark.parametrize(
    ("data", "module", "message"),
    [
        (b"PAR1" + bytes(40), "pyarrow", r"install the extra \(pip install 'rubric\[parquet\]'\)"),
        (b"\xd0\xcf\x11\xe0", "python_calamine", r"install the extra \(pip install 'rubric\[excel\]'\)"),
    ],
)
def test_without_its_package_a_format_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, data: bytes, module: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(FileError, match=rf"^f: {message}, or save the file as CSV"):
        read(data)


def zipped(**members: bytes | str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(CSV.encode()),
        bz2.compress(CSV.encode()),
        lzma.compress(CSV.encode()),
        zipped(a__csv=CSV),
        zipped(a__csv__gz=gzip.compress(CSV.encode())),
    ],
)
def test_compressed_files_are_read_as_what_is_inside(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(data)
    [content] = files.contents([file])
    assert content.name == "a.csv" or data.startswith((b"BZ", b"\xfd"))
    assert read(content.data) == (ROWS, [])


@pytest.mark.parametrize("data", [gzip.compress(CSV.encode())[:-9], zipped(a=CSV)[:-9], b"\x1f\x8bnothing"])
def test_damaged_archives_are_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "f.gz"
    file.write_bytes(data)
    with pytest.raises(FileError, match=r"^f\.gz: unpack the file yourself"):
        list(files.contents([file]))


def test_no_more_is_unpacked_than_memory_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "LARGEST", 1000)
    for data in (gzip.compress(bytes(2000)), zipped(a=bytes(600), b=bytes(600))):
        (tmp_path / "f").write_bytes(data)
        with pytest.raises(FileError, match=r"^f: divide it, or take a sample"):
            list(files.contents([tmp_path / "f"]))


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.csv", "a.csv", "sub/c.csv", ".hidden"):
        (tmp_path / name).write_text(CSV)
    (tmp_path / "z.zip").write_bytes(zipped(one__csv=CSV, two__csv=CSV, __DS_Store="x"))
    names = [content.name for content in files.contents(files.find([tmp_path]))]
    assert names == ["a.csv", "b.csv", "c.csv", "one.csv", "two.csv"]
    with pytest.raises(
        FileError, match="set the location of a file, or of a folder with files: the dataset folder has no"
    ):
        (tmp_path / "empty").mkdir()
        files.find([tmp_path / "empty"])
    with pytest.raises(FileError, match="name a file or a folder with files: the file does not exist"):
        files.find([tmp_path / "absent"])


def test_other_files_are_refused_with_what_to_do() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    for data, message in (
        (out.getvalue(), "f:1: unpack it and use the files inside: it is a tar archive"),
        (b"%PDF-1.7", "f:1: use a CSV or TSV file"),
        (b"SQLite format 3\0", "f:1: export the table as CSV"),
    ):
        with pytest.raises(FileError) as refused:
            read(data)
        assert str(refused.value).startswith(message)


def _zip(**members: bytes) -> bytes:
    packed_ = io.BytesIO()
    with zipfile.ZipFile(packed_, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed_.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_zip(), "f: put the data file into it"),
        (_zip(**{"__MACOSX/x.csv": b"x", ".hidden": b"x"}), "f: put the data file into it"),
        (_zip(a=_zip(b=_zip(c=CSV.encode()))), "b: unpack it and use the files inside: it is an archive within"),
        (_zip(a=_zip(b=gzip.compress(CSV.encode()))), "b: unpack it and use the files inside"),
    ],
)
def test_archives_without_a_file_or_too_deep_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(FileError) as refused:
        list(files.inside(Content("f", data)))
    assert str(refused.value).startswith(message)
