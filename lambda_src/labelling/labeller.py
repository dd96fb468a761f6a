"""Who labels: a key, or one of several people who share it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.logs import audit
from contracts.logs.audit import Given
from contracts.texts import text_normalization
from lambda_src.common.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Labeller:
    """The caller's key id, and the name of a person, "" without one.

    everything: may see what others labelled. trusted: whether the key's labels count.
    """

    key_id: str
    name: str = ""
    everything: bool = False
    trusted: bool = False

    @property
    def id(self) -> str:
        """Identifies the labeller. A key's id has no blanks; a token's subject may."""
        return f"{self.key_id.replace(' ', '+')} {self.name}".rstrip()

    def is_asked(self, given: Mapping[str, Given] | None, *, shared: bool = False) -> bool:
        """Whether a text with these labels is still to be labelled by this labeller.

        Labels of other keys than trusted ones take a text from nobody but those who gave them. shared: whether every
        labeller labels the text.
        """
        own = (given or {}).get(self.id)
        # A label from before labels said whether they count: from a trusted key it is asked for once more.
        if own is not None and (own.get("trusted") or not self.trusted):
            return False
        return shared or not audit.trusted(given)


def of(*, key_id: str, name: str | None, everything: bool = False, trusted: bool = False) -> Labeller:
    """The labeller by the name as it was sent, whose spelling does not matter. Raises Problem 422."""
    written = text_normalization.key(text_normalization.normalised(name or ""))
    if name and not written:
        raise Problem("invalid-input", "`labeller` has no visible characters; it must contain some text.")
    return Labeller(key_id=key_id, name=written, everything=everything, trusted=trusted)
