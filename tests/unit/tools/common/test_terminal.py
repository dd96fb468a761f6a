"""Tests tools/common/terminal.py: how tools print names, messages and other programs' output."""

from __future__ import annotations

from tests.terminals import EVERY, obeyed
from tools.common import terminal


def test_what_a_terminal_would_obey_is_taken_out_and_nothing_else() -> None:
    assert obeyed(terminal.clean(EVERY)) == []
    assert len(terminal.clean(EVERY)) == len(EVERY) - len(obeyed(EVERY))
