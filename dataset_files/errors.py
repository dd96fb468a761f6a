"""The one error of this package: a file that cannot be read, and what to do."""

from __future__ import annotations

LONGEST = 1000  # characters: SageMaker keeps 1,024 of a job's failure reason
_NAME = 60


class FileError(Exception):
    """``file:line: what to do: what is wrong``; line 0 for the whole file. It has no text of the data."""

    def __init__(self, *, file: str, line: int, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy
        super().__init__(message(file=file, line=line, problem=problem, remedy=remedy))


def message(*, file: str, line: int, problem: str, remedy: str) -> str:
    """The sentence, at most LONGEST characters: what is too long loses the end of the problem, never the remedy."""
    name = file if len(file) <= _NAME else f"…{file[-_NAME + 1 :]}"
    place = f"{name}:{line}" if line else name
    return shortened(f"{place}: {remedy}: {problem}", LONGEST)


def shortened(text: str, most: int) -> str:
    """On one line, and with an ellipsis in place of what is beyond ``most`` characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
