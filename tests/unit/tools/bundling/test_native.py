"""Tests tools/bundling/native.py: a library for each kind of processor, built once and reproducibly."""

from pathlib import Path

import pytest

from tools.bundling import archive, native
from tools.bundling.errors import BundleError

LIBRARIES = sorted(native.PROCESSORS)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone with two C sources and a header."""
    folder = tmp_path / "clone" / native.SOURCE
    folder.mkdir(parents=True)
    for name in ("encoder.c", "attention.c", "encoder.h"):
        (folder / name).write_text(f"/* {name} */\n")
    return tmp_path / "clone"


def calls(compiler: Path) -> list[str]:
    return compiler.with_name("zig.calls").read_text().splitlines()


def test_a_library_for_each_kind_of_processor_and_nothing_else(root, compiler, tmp_path):
    folder = native.compiled(root, tmp_path / "cache")
    assert sorted(file.name for file in folder.iterdir()) == LIBRARIES
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o644}
    assert {int(file.stat().st_mtime) for file in folder.iterdir()} == {archive.FIXED_TIME}
    assert {file.read_text() for file in folder.iterdir()} == {"/* attention.c */\n/* encoder.c */\n"}
    assert list((tmp_path / "cache").iterdir()) == [folder]


def test_sources_are_named_without_a_folder_and_the_environment_has_no_say(root, compiler, tmp_path, monkeypatch):
    monkeypatch.setenv("CPATH", "/usr/local/include")
    native.compiled(root, tmp_path / "cache")
    for call in calls(compiler):
        assert call.startswith("CPATH= cc ") and call.endswith(" attention.c encoder.c -lm")


def test_it_is_compiled_again_for_other_sources_only(root, compiler, tmp_path):
    first = native.compiled(root, tmp_path / "cache")
    assert native.compiled(root, tmp_path / "cache") == first and len(calls(compiler)) == len(LIBRARIES)
    (root / native.SOURCE / "encoder.h").write_text("/* changed */\n")
    assert native.compiled(root, tmp_path / "cache") != first and len(calls(compiler)) == 2 * len(LIBRARIES)
    (root / native.SOURCE / "encoder.c").rename(root / native.SOURCE / "layers.c")
    native.compiled(root, tmp_path / "cache")
    assert len(calls(compiler)) == 3 * len(LIBRARIES)


def test_other_flags_are_another_library(root, compiler, tmp_path, monkeypatch):
    first = native.compiled(root, tmp_path / "cache")
    monkeypatch.setattr(native, "FLAGS", [*native.FLAGS, "-g"])
    assert native.compiled(root, tmp_path / "cache") != first


def test_what_does_not_compile_is_one_line_and_leaves_nothing(root, compiler, tmp_path):
    (root / native.SOURCE / "encoder.c").write_text("oops\n")
    with pytest.raises(BundleError) as raised:
        native.compiled(root, tmp_path / "cache")
    place, first = root / native.SOURCE, next(iter(native.PROCESSORS))
    assert str(raised.value) == f"{place}: {first} cannot be compiled: encoder.c:1:1: error: oops"
    assert not list((tmp_path / "cache").iterdir())


def test_no_sources_are_one_line(tmp_path):
    with pytest.raises(BundleError, match=f"{native.SOURCE}: no C source in it$"):
        native.compiled(tmp_path, tmp_path / "cache")
