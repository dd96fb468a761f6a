"""Errors that the user can fix: the message becomes the job's failure reason."""

from __future__ import annotations

from dataset_files.errors import message


class TrainingError(Exception):
    """The job cannot go on; the message says what is wrong and what to do."""


class DatasetError(TrainingError):
    """The dataset cannot be used; the message is ``file:line: what to do: what is wrong``."""

    def __init__(self, *, file: str, line: int, problem: str, remedy: str) -> None:
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy
        super().__init__(message(file=file, line=line, problem=problem, remedy=remedy))
