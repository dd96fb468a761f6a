"""A fake compiler for tests: the real one has 379 MB."""

from pathlib import Path

import pytest

from tools.bundling import native

ZIG = """#!/bin/sh
echo "CPATH=$CPATH $*" >> "$0.calls"
for word; do
    [ "$previous" = -o ] && target=$word
    case $word in *.c) sources="$sources $word" ;; esac
    previous=$word
done
if grep -q oops $sources; then
    printf '1 of 2\\nencoder.c:1:1: error: oops\\nencoder.c:2:1: error: and more\\n' >&2
    exit 1
fi
cat $sources > "$target"
"""


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of zig: its library is the sources one after another. `zig.calls` has how it was run."""
    program = tmp_path / "zig"
    program.write_text(ZIG)
    program.chmod(0o755)
    monkeypatch.setattr(native, "compiler", lambda cache: program)
    return program
