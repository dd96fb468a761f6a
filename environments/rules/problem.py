"""What is wrong with a combination of settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A setting that contradicts another. value None: the setting is missing."""

    key: tuple[str, ...]
    value: object
    allowed: str

    def __str__(self) -> str:
        what = "is required" if self.value is None else f"{self.value!r} is not allowed"
        return f"{'.'.join(self.key)}: {what}; {self.allowed}"
