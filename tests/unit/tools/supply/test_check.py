"""The check of bills of materials: which versions an advisory is about, what is accepted, and what cannot be read."""

from __future__ import annotations

import functools
import http.server
import json
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.supply import bom
from tools.supply import advisories
from tools.supply.__main__ import main
from tools.supply.errors import FOUND, USAGE

RECORDED = Path(__file__).with_name("recorded") / "PYSEC-2021-66.json"


def bill(folder: Path, name: str, **packages: str) -> Path:
    """A bill of a function with these packages."""
    components = [bom.Package(name=each, version=version).component() for each, version in packages.items()]
    document = bom.document({"type": "application", "name": name}, components, properties={})
    file = folder / f"{name}{bom.SUFFIX}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bom.encoded(document))
    return file


def check(tmp_path: Path, *, places: tuple[Path, ...] = (RECORDED,), accepted: str = "") -> int:
    (tmp_path / "accepted.yaml").write_text(accepted)
    options = [word for place in places for word in ("--advisories", str(place))]
    bills = ["--bills", str(tmp_path / "bills"), "--accepted", str(tmp_path / "accepted.yaml")]
    return main(["check", *options, *bills])


def test_a_recorded_advisory_refuses_the_version_that_it_is_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bill(tmp_path / "bills", "functions/classify", Jinja2="2.11.2", numpy="2.4.6")
    assert check(tmp_path) == FOUND
    said = capsys.readouterr().out
    assert "REFUSED: jinja2 2.11.2: PYSEC-2021-66 (CVE-2020-28493): jinja2 before 2.11.3" in said
    assert "fixed in 2.11.3; in functions/classify" in said and "1 refused" in said


@pytest.mark.parametrize("version", ["2.11.3", "3.1.6"])
def test_a_version_with_the_correction_passes(tmp_path: Path, version: str) -> None:
    bill(tmp_path / "bills", "classify", jinja2=version)
    assert check(tmp_path) == 0


def test_what_is_accepted_passes_until_its_day_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bill(tmp_path / "bills", "classify", jinja2="2.11.2")
    entry = "accepted: [{{id: CVE-2020-28493, package: Jinja2, until: {}, why: never called}}]"
    assert check(tmp_path, accepted=entry.format("9999-12-31")) == 0
    assert "accepted: jinja2 2.11.2" in capsys.readouterr().out
    assert check(tmp_path, accepted=entry.format("2020-01-01")) == FOUND
    assert "accepted until 2020-01-01, which is over" in capsys.readouterr().out
    assert check(tmp_path, accepted=entry.format("9999-12-31").replace("Jinja2", "other")) == FOUND


def record(*events: dict[str, str], kind: str = "ECOSYSTEM", **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": "Some_Package"}, "ranges": [{"type": kind, "events": events}]}
    return {"id": "X-1", "affected": [affected], **more}


def read(tmp_path: Path, *records: dict[str, Any]) -> list[advisories.Advisory]:
    file = tmp_path / "advisories.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    return advisories.read([file])


@pytest.mark.parametrize(
    ("events", "inside", "outside"),
    [
        ([{"introduced": "0"}], ["0.1", "99"], []),
        ([{"introduced": "1.2"}, {"fixed": "1.10"}], ["1.2", "1.9", "1.10rc1"], ["1.1", "1.10", "2"]),
        ([{"introduced": "1"}, {"last_affected": "1.5"}], ["1", "1.5"], ["0.9", "1.5.1"]),
        (
            [{"fixed": "3.1"}, {"introduced": "3"}, {"fixed": "2.5"}, {"introduced": "2"}],
            ["2", "2.4", "3.0"],
            ["1", "2.5", "2.9", "3.1"],
        ),
    ],
)
def test_the_last_event_at_or_below_a_version_decides(
    tmp_path: Path, events: list[dict[str, str]], inside: list[str], outside: list[str]
) -> None:
    [advisory] = read(tmp_path, record(*events))
    assert advisory.package == "some-package"
    assert [version for version in [*inside, *outside] if advisory.affects(version)] == inside


def test_withdrawn_records_and_other_ecosystems_do_not_count(tmp_path: Path) -> None:
    other = record({"introduced": "0"})
    other["affected"][0]["package"]["ecosystem"] = "npm"
    assert read(tmp_path, other, record({"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z")) == []


def test_an_advisory_that_names_no_version_is_said_not_to_be_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bill(tmp_path / "bills", "classify", some_package="1")
    file = tmp_path / "one.json"
    file.write_text(json.dumps(record({"introduced": "0"}, kind="GIT")))
    assert check(tmp_path, places=(file,)) == 0
    assert "cannot be judged (it names neither versions nor a range of them): some-package 1" in capsys.readouterr().out


def test_an_export_is_read_as_it_is_published(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.write(RECORDED, "PYSEC-2021-66.json")
        packed.writestr("X-1.json", json.dumps(record({"introduced": "0"})))
    assert [each.id for each in advisories.read([tmp_path / "all.zip"])] == ["PYSEC-2021-66", "X-1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read as advisories in OSV's format"),
        ("[1]", "has a record without an `id`"),
        ('{"id": "X", "affected": [{"package": {"ecosystem": "PyPI"}}]}', "X is not as OSV's format has it"),
    ],
)
def test_a_file_that_is_no_advisory_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    bill(tmp_path / "bills", "classify", numpy="2")
    (tmp_path / "bad.json").write_text(content)
    assert check(tmp_path, places=(tmp_path / "bad.json",)) == USAGE
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("accepted: [{id: X, package: y, why: z}]", "needs id, package, until (a date) and why"),
        ("accepted: [{id: X, package: y, until: soon, why: z}]", "needs id, package, until (a date) and why"),
    ],
)
def test_an_acceptance_without_a_day_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    bill(tmp_path / "bills", "classify", numpy="2")
    assert check(tmp_path, accepted=content) == USAGE
    assert words in capsys.readouterr().err


def test_bills_that_are_missing_or_no_bills_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path) == USAGE
    assert "`make sbom` writes" in capsys.readouterr().err
    file = bill(tmp_path / "bills", "classify", numpy="2")
    file.write_text(file.read_text().replace('"library"', '"thing"'))
    assert check(tmp_path) == USAGE
    assert "is no bill of materials in CycloneDX 1.6" in capsys.readouterr().err


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a folder with an export and a file that is none."""
    folder = tmp_path / "served"
    folder.mkdir()
    with zipfile.ZipFile(folder / "all.zip", "w") as packed:
        packed.write(RECORDED, "PYSEC-2021-66.json")
    (folder / "page.html").write_text("<html>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_export_is_downloaded_whole_or_not_at_all(
    served: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = tmp_path / "build"
    assert main(["--build", str(build), "fetch", "--url", f"{served}/all.zip"]) == 0
    assert [each.id for each in advisories.read([build / "advisories.zip"])] == ["PYSEC-2021-66"]
    for name, words in (
        ("page.html", "something that is no archive"),
        ("none.zip", "cannot be downloaded (HTTP Error 404"),
    ):
        assert main(["--build", str(tmp_path / "other"), "fetch", "--url", f"{served}/{name}"]) == USAGE
        assert words in capsys.readouterr().err
        assert list((tmp_path / "other").iterdir()) == []
