"""One store's result, and how its progress is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Show = Callable[[str, int, int], None]  # store, looked at, found


@dataclass
class StoreReport:
    """A store's result. `where`: its table, queue or bucket. `looked_at` counts items or objects, the others texts.

    problems: what could not be read or erased, by name; note: what the counts do not show.
    """

    store: str
    where: str
    looked_at: int = 0
    found: int = 0
    erased: int = 0
    problems: list[str] = field(default_factory=list)
    note: str = ""

    def document(self) -> dict[str, Any]:
        """The result for JSON output."""
        return asdict(self)
