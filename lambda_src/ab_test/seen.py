"""Which texts a live test has compared and which of the split's units it has counted: as digests of its own. No I/O."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field

_BYTES = 8
MOST_UNITS = 20_000  # after that many, the check of the split says what it can


@dataclass
class Seen:
    """The digests cannot be compared between tests: each has its id in them."""

    test_id: str
    texts: set[bytes] = field(default_factory=set)
    units: set[bytes] = field(default_factory=set)

    @classmethod
    def of(cls, test_id: str, document: bytes | None) -> Seen:
        """What `document` made; nothing for None."""
        if document is None:
            return cls(test_id)
        read = json.loads(document)
        return cls(test_id, _parts(read["texts"]), _parts(read["units"]))

    def document(self) -> bytes:
        """For an object of the bucket."""
        joined = {"texts": self.texts, "units": self.units}
        return json.dumps({n: base64.b64encode(b"".join(sorted(d))).decode() for n, d in joined.items()}).encode()

    def has_text(self, identity: str) -> bool:
        """Whether the text was compared."""
        return self._digest("text", identity) in self.texts

    def add_text(self, identity: str) -> None:
        """Notes that the text is compared."""
        self.texts.add(self._digest("text", identity))

    def is_new_unit(self, unit: str) -> bool:
        """Whether the unit is seen for the first time; from now on it is not."""
        digest = self._digest("unit", unit)
        if digest in self.units or len(self.units) >= MOST_UNITS:
            return False
        self.units.add(digest)
        return True

    def _digest(self, kind: str, of: str) -> bytes:
        return hashlib.sha256(f"rubric-ab-seen-1\0{self.test_id}\0{kind}\0{of}".encode()).digest()[:_BYTES]


def _parts(encoded: str) -> set[bytes]:
    joined = base64.b64decode(encoded)
    return {joined[start : start + _BYTES] for start in range(0, len(joined), _BYTES)}
