"""Commands write only into the named folder, and overwrite other files only after asking."""

from __future__ import annotations

import json
import os
from pathlib import Path

import boto3
import pytest

from ops.errors import OpsError
from ops.terminal import files
from tests.unit.ops.batches import put, service
from tests.unit.ops.conftest import run

OUTSIDE = [
    "../escaped",
    "a/../../escaped",
    "a/./b",
    "..",
    "/absolute",
    "a//b",
    "/",
    "a/",
    "",
    "\x1b[2Jx",
    "a\nb",
    "\u009b2J",
    "nul\0",
    "l" * 256,
    "é" * 128,
    "/".join(["d" * 200] * 21),
    "link/x",
    "link",
    "folder",
]
ONE_TO_SOME_FILE_SYSTEM = [
    ("A.csv", "a.csv"),
    ("deep/A.csv", "DEEP/a.csv"),
    ("caf\u00e9", "cafe\u0301"),
    ("stra\u00dfe", "STRASSE"),
    ("\ufb01le", "file"),
    ("zero\u200dwidth", "zerowidth"),
    ("a", "a/b"),
    ("A/b/c", "a"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with only a subfolder and a link out of it; the tests check that the files beside it do not change."""
    (tmp_path / "outside").mkdir()
    made = tmp_path / "out"
    (made / "folder").mkdir(parents=True)
    (made / "link").symlink_to(tmp_path / "outside")
    return made


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_out_or_is_no_files_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(OpsError) as refused:
        files.below(folder, ["fine", name])
    assert str(refused.value).isprintable() and "rename it, or give an S3 folder" in str(refused.value)


@pytest.mark.parametrize("names", ONE_TO_SOME_FILE_SYSTEM)
def test_names_that_a_file_system_takes_for_one_are_refused(folder: Path, names: tuple[str, str]) -> None:
    with pytest.raises(OpsError, match=r"are the same name|both a file and the folder"):
        files.below(folder, names)


def test_plain_names_go_below_the_folder_also_by_way_of_a_link_to_it(folder: Path) -> None:
    (folder.parent / "also").symlink_to(folder)
    names = ["a.csv.out", "deep/er/b.out", "…é ü", "..hidden", "x..y/z", "l" * 255]
    for named in (folder, folder.parent / "also"):
        assert files.below(named, names) == {name: named / name for name in names}


def test_what_is_there_is_replaced_only_with_consent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page\x1b[2J.html"
    path.write_text("old")
    with pytest.raises(OpsError, match=r"page\[2J\.html already exists: add --force to replace"):
        files.Writer([path], force=False)
    files.Writer([path], force=True).write(path, b"new")
    assert path.read_text() == "new"
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(files.typer, "confirm", lambda text, **_: asked.append(text))
    files.Writer([path], force=False).write(path, b"newer")
    assert path.read_text() == "newer" and len(asked) == 1 and asked[0].isprintable()


def test_what_came_to_be_there_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    writer = files.Writer([path], force=True)
    path.write_text("another's")
    with pytest.raises(OpsError, match="was created by something else"):
        writer.write(path, b"ours")
    assert path.read_text() == "another's" and list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(folder: Path) -> None:
    outside = folder.parent / "outside" / "file"
    for target in ("kept", None):
        if target:
            outside.write_text(target)
        else:
            outside.unlink()  # a link to nothing: writing through it would make the file
        link = folder / "page.html"
        link.unlink(missing_ok=True)
        link.symlink_to(outside)
        with pytest.raises(OpsError, match="already exists"):
            files.Writer([link], force=False)
        files.Writer([link], force=True).write(link, b"ours")
        assert not link.is_symlink() and link.read_text() == "ours"
        assert (outside.read_text() if target else outside.exists()) == (target or False)


def test_a_link_that_takes_a_folders_place_meanwhile_is_not_followed(folder: Path) -> None:
    placed = files.below(folder, ["deep/a.out"])
    writer = files.Writer(placed.values(), force=False, root=folder)
    (folder / "deep").symlink_to(folder.parent / "outside")
    with pytest.raises(OpsError, match="leads out of"):
        writer.write(placed["deep/a.out"], b"x")
    assert not list((folder.parent / "outside").iterdir())


def test_files_get_the_rights_that_the_users_files_get_and_devices_are_written_to(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.Writer([tmp_path / "a"], force=False).write(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    files.Writer([Path(os.devnull)], force=False).write(Path(os.devnull), b"x")
    assert Path(os.devnull).is_char_device()


# rubric batch


@pytest.mark.parametrize(
    "key", ["batch/in/../../escaped.csv", "batch/in//absolute.csv", f"batch/in/{'n' * 250}.csv", "batch/in/A.csv"]
)
def test_a_batchs_keys_are_judged_before_the_job_starts(serving, monkeypatch, folder, capsys, key) -> None:
    fake = service(serving, monkeypatch)
    for each in (key, "batch/in/a.csv"):
        put(each, "one")
    before = sorted(folder.parent.rglob("*"))
    assert run("batch", "s3://artifacts/batch/in/", f"{folder}/") == 1
    assert fake.jobs == [] and sorted(folder.parent.rglob("*")) == before
    assert "give an S3 folder" in capsys.readouterr().err


@pytest.mark.parametrize("there", ["a.csv.out", "failed.jsonl"])
@pytest.mark.parametrize("in_s3", [False, True])
def test_a_batch_replaces_answers_only_when_told_to(serving, monkeypatch, tmp_path, capsys, there, in_s3) -> None:
    fake = service(serving, monkeypatch)
    put("batch/in/a.csv", "one")
    boto3.client("s3").create_bucket(Bucket="theirs")
    put(f"out/{there}", "old", bucket="theirs")
    (tmp_path / there).write_text("old\n")
    command = ("batch", "s3://artifacts/batch/in/", "s3://theirs/out/" if in_s3 else f"{tmp_path}/", "--json")
    assert run(*command) == 2
    assert fake.jobs == [] and "--force to replace" in capsys.readouterr().err
    assert run(*command, "--force") == 0
    kept = boto3.client("s3").get_object(Bucket="theirs", Key=f"out/{there}")["Body"].read().decode()
    assert ((tmp_path / there).read_text() == "old\n", kept == "old\n") == (in_s3, not in_s3)
    assert json.loads(capsys.readouterr().out)["answered"] == 1
