"""Runs uv, npm and venv, shows their output and explains how to fix their failures."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

KEPT_CHARACTERS = 20_000
# A line of uv's about one package, such as " + numpy==2.4.6", in colours or without.
LISTED = re.compile(r"(?m)^ (?:\x1b\[[\d;]*m)*[-+~](?:\x1b\[[\d;]*m)* .*\n?")

# Text in a tool's output -> the sentence that helps; the first match wins.
REASONS = [
    (r"No space left on device|ENOSPC", "the disk is full: free some space"),
    (
        r"DO NOT MATCH THE HASHES|EINTEGRITY|Hash mismatch",
        "a downloaded package is not the one that is pinned: clear the cache of uv or npm",
    ),
    (
        r"Temporary failure in name resolution|Name or service not known|Max retries exceeded|Failed to establish a new"
        r"|Network is unreachable|timed out|ConnectionError|ProxyError|ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN"
        r"|dns error|tcp connect error|error sending request|Connection refused|Network connectivity is disabled"
        r"|\(from versions: none\)",
        "the package registry cannot be reached: check the network and, behind a proxy, HTTPS_PROXY",
    ),
    (
        r"invalid peer certificate|UnknownIssuer|CERTIFICATE_VERIFY_FAILED",
        "the package registry's certificate is not trusted: name your authorities' file in SSL_CERT_FILE",
    ),
    (r"No matching distribution found for (\S+)", r"no build of \1 fits this machine and this Python"),
    (r"Permission denied|EACCES", "a file cannot be written: check who owns this folder"),
]


class SetupError(Exception):
    """A set-up that cannot continue; the message gives the reason and the remedy."""


def reason(text: str) -> str:
    """The likely cause of a failure, from the output."""
    for pattern, sentence in REASONS:
        match = re.search(pattern, text)
        if match:
            return match.expand(sentence)
    return "the lines above say why"


def _screen() -> tuple[int, int]:
    """The file that a tool writes and we read: a terminal when ours is one, to get the tool's progress bars."""
    if not sys.stderr.isatty():
        ours, tools = os.pipe()
        return ours, tools
    ours, tools = pty.openpty()
    fcntl.ioctl(tools, termios.TIOCSWINSZ, fcntl.ioctl(sys.stderr, termios.TIOCGWINSZ, bytes(8)))
    return ours, tools


class Runner:
    """Starts the tools of one setup, in `root`; they keep the lock that `lock_handle` holds if we are killed."""

    def __init__(self, *, root: Path, lock_handle: int | None = None) -> None:
        self.root = root
        self._kept_open = () if lock_handle is None else (lock_handle,)

    def run(self, command: Sequence[str | Path], *, what: str, env: dict[str, str] | None = None) -> None:
        """Run `command` to its end; raises SetupError, beginning with `what`, if it fails. An interrupt ends it too."""
        ours, tools = _screen()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=self.root,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=tools,
            stderr=tools,
            pass_fds=self._kept_open,
        )
        os.close(tools)
        try:
            text = _shown(ours)
            status = process.wait()
        finally:
            os.close(ours)
            process.terminate()
            process.wait()
        if status:
            raise SetupError(f"{what} failed: {reason(text)}")


def _shown(source: int) -> str:
    """Pass on the output of `source` until it ends, except uv's list of all packages; returns its last part."""
    kept = held = ""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while True:
        try:
            part = os.read(source, 4096)
        except OSError:  # the terminal's writers have closed it
            part = b""
        text = held + decoder.decode(part, final=not part)
        cut = text.rfind("\n") + 1
        held = text[cut:] if part and text.startswith(" ", cut) else ""
        sys.stderr.write(LISTED.sub("", text.removesuffix(held)))
        sys.stderr.flush()
        kept = (kept + text.removesuffix(held))[-KEPT_CHARACTERS:]
        if not part:
            return kept
