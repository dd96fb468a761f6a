"""Who labels: a key, or one of several people who share it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.texts import text_normalization
from lambda_src.common.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Labeller:
    """The caller's key id, and the name of a person, "" without one. everything: may see what others labelled."""

    key_id: str
    name: str = ""
    everything: bool = False

    @property
    def id(self) -> str:
        """Identifies the labeller. A key's id has no blanks; a token's subject may."""
        return f"{self.key_id.replace(' ', '+')} {self.name}".rstrip()


def of(*, key_id: str, name: str | None, everything: bool = False) -> Labeller:
    """The labeller by the name as it was sent, whose spelling does not matter. Raises Problem 422."""
    written = text_normalization.key(text_normalization.normalised(name or ""))
    if name and not written:
        raise Problem("invalid-input", "`labeller` has no visible characters; it must contain some text.")
    return Labeller(key_id=key_id, name=written, everything=everything)
