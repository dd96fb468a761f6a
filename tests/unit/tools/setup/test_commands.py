"""Tests the programs that set-up runs: their output, their failures, an interrupt."""

import io
import os
import pty
import sys

import pytest

from tools.setup import commands
from tools.setup.commands import Runner, SetupError


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full: free some space"),
        ("npm error code ENOTFOUND", "the package registry cannot be reached"),
        ("WARNING: x\nERROR: No matching distribution found for nope==1", "no build of nope==1 fits"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not the one that is pinned"),
        ("error: Hash mismatch for `x==1`", "not the one that is pinned"),
        ("error: Request failed after 3 retries\n  cause: dns error", "the package registry cannot be reached"),
        ("error: Failed to fetch\n  cause: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
    ],
)
def test_a_failed_tool_is_explained(root, output, sentence):
    with pytest.raises(SetupError, match=sentence) as caught:
        script = f"import sys; print({output!r}); sys.exit(1)"
        Runner(root=root).run([sys.executable, "-c", script], what="installing x")
    assert str(caught.value).startswith("installing x failed: ")
    assert "\n" not in str(caught.value)


LINES = " Downloaded numpy\nInstalled 2 packages in 30ms\n + numpy==2.4.6\n \x1b[32m+\x1b[39m é==1\n - old==1\nlast"


@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_tool_s_lines_are_shown_but_for_the_list_of_packages(root, capsys, monkeypatch, size):
    read = os.read
    monkeypatch.setattr(os, "read", lambda source, most: read(source, min(size, most)))
    Runner(root=root).run([sys.executable, "-c", f"import os; os.write(1, {LINES.encode()!r})"], what="x")
    assert capsys.readouterr().err == " Downloaded numpy\nInstalled 2 packages in 30ms\nlast"


def test_a_tool_writes_to_a_terminal_where_we_have_one(root, capsys, monkeypatch):
    script = "import os; print(os.isatty(1), os.isatty(2))"
    Runner(root=root).run([sys.executable, "-c", script], what="x")
    ours, _ = pty.openpty()
    terminal = Terminal(ours)
    monkeypatch.setattr(sys, "stderr", terminal)
    Runner(root=root).run([sys.executable, "-c", script], what="x")
    assert capsys.readouterr().err + terminal.getvalue().replace("\r", "") == "False False\nTrue True\n"


class Terminal(io.StringIO):
    """A standard error that is the terminal of this file descriptor, and records the output."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor


def test_an_interrupt_ends_what_runs(root, monkeypatch):
    def interrupted(source: int) -> str:
        os.read(source, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "_shown", interrupted)
    script = f"import os, pathlib, time; pathlib.Path({str(root / 'id')!r}).write_text(str(os.getpid()))\n"
    with pytest.raises(KeyboardInterrupt):
        Runner(root=root).run([sys.executable, "-c", script + "print('.', flush=True); time.sleep(60)"], what="x")
    with pytest.raises(ProcessLookupError):
        os.kill(int((root / "id").read_text()), 0)
