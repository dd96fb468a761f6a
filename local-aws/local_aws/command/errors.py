"""The error of a command, in parts, so a calling program can phrase its own message."""

from typing import Any


class CommandError(Exception):
    """An error of a command: `fact` says what is wrong, `advice` how to fix it; show both as one line.

    `code` identifies the kind of error and stays the same when the wording changes; `facts` holds its figures.
    """

    def __init__(self, code: str, fact: str, advice: str = "", **facts: Any) -> None:
        super().__init__(f"{fact}: {advice}" if advice else fact)
        self.code = code
        self.fact = fact
        self.advice = advice
        self.facts = facts

    def as_dict(self) -> dict[str, Any]:
        """Return the error for JSON output."""
        return {"code": self.code, "fact": self.fact, "advice": self.advice, **self.facts}
