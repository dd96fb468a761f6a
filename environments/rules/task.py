"""A task whose words the functions or the API's documentation could not use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from environments.rules.problem import Problem

# A Lambda function has 4 KB for all of its variables.
MOST_BYTES = 1500
MOST_EXAMPLES = 6

if TYPE_CHECKING:
    from environments.sections.environment import Settings


def problems(settings: Settings) -> Iterator[Problem]:
    """Examples of one label, and words that are too long together."""
    if settings.task is None:
        return
    words = settings.task.words
    if not 2 <= len(words.examples) <= MOST_EXAMPLES:
        yield Problem(("task", "examples"), f"{len(words.examples)} texts", f"use 2 to {MOST_EXAMPLES}")
    elif len(words.labels) < 2:
        yield Problem(("task", "examples"), words.labels[0], "it is the only label; add a text with another label")
    taken = len(words.encoded().encode())
    if taken > MOST_BYTES:
        allowed = f"the section takes {taken:,} bytes and may take {MOST_BYTES:,}; use shorter examples or fewer"
        yield Problem(("task", "examples"), f"{len(words.examples)} examples", allowed)
