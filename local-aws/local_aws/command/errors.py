"""The error of a command, in parts, so that a calling program can phrase its own message."""

from typing import Any


class CommandError(Exception):
    """`fact` is what is wrong, `advice` the remedy; together they are the line to show.

    `code` names the kind of error, which stays the same when the words change, and `facts` are its figures.
    """

    def __init__(self, code: str, fact: str, advice: str = "", **facts: Any) -> None:
        super().__init__(f"{fact}: {advice}" if advice else fact)
        self.code = code
        self.fact = fact
        self.advice = advice
        self.facts = facts

    def as_dict(self) -> dict[str, Any]:
        """The error for JSON output."""
        return {"code": self.code, "fact": self.fact, "advice": self.advice, **self.facts}
