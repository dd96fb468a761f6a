"""The real kernels build to the same bytes wherever the clone is, and their C has no undefined behaviour."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clone import ROOT, built_native
from tools.bundling import native

LIBRARIES = sorted(native.PROCESSORS)


def test_the_real_library_is_the_same_wherever_the_clone_lies(tmp_path, monkeypatch):
    def digests(folder: Path) -> dict[str, str]:
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}

    here = digests(built_native())
    real = native.compiler
    monkeypatch.setattr(native, "compiler", lambda cache: real(ROOT / "build/.cache"))
    other = tmp_path / "another place" / "clone"
    shutil.copytree(ROOT / native.SOURCE, other / native.SOURCE)
    assert digests(native.compiled(other, tmp_path / "cache")) == here
    assert sorted(here) == LIBRARIES


@pytest.mark.parametrize("library", [name for name in LIBRARIES if "x86_64" in name])
def test_the_real_sources_keep_to_their_memory_and_to_defined_arithmetic(library, tmp_path):
    """Compiled with traps for undefined behaviour, on random encoders and texts."""
    built_native()
    sources = sorted((ROOT / native.SOURCE).glob("*.c"))
    flags = [flag for flag in native.FLAGS if flag not in {"-shared", "-s", "-ffast-math", "-O3"}]
    checked = [*flags, "-O1", "-fsanitize=undefined", "-fsanitize-trap=undefined", *native.PROCESSORS[library]]
    command: list[str | Path] = [
        native.compiler(ROOT / "build/.cache"),
        "cc",
        *checked,
        "-I",
        ROOT / native.SOURCE,
        "-o",
        "check",
    ]
    caches = dict.fromkeys(("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), str(tmp_path / "zig"))
    here = ROOT / "tests/unit/tools/bundling/native_check.c"
    subprocess.run([*command, here, *sources, "-lm"], cwd=tmp_path, env=os.environ | caches, check=True)
    done = subprocess.run([tmp_path / "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert done.stdout.strip().endswith((": sound", ": not on this processor"))
