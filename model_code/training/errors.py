"""Errors that the user can fix: the message becomes the job's failure reason."""

from __future__ import annotations


class TrainingError(Exception):
    """The job cannot go on; the message says what is wrong and what to do."""


class DatasetError(TrainingError):
    """The dataset cannot be used; the message is ``file:line: what is wrong; what to do``."""

    def __init__(self, *, file: str, line: int, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy
        super().__init__(f"{file}:{line}: {problem}; {remedy}")
