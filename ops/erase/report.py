"""What came of one store, and how its progress is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Show = Callable[[str, int, int], None]  # store, looked at, found


@dataclass
class Report:
    """A store's share. `where`: its table, queue or bucket; counts are of texts, but `looked_at` of items or objects.

    problems: what could not be read or erased, by name; note: what the counts do not say.
    """

    store: str
    where: str
    looked_at: int = 0
    found: int = 0
    erased: int = 0
    problems: list[str] = field(default_factory=list)
    note: str = ""

    def document(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)
