"""What the answers of a batch list: fewer labels than the model knows, and whether an answer is uncertain. No I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass

from contracts.api import listing


@dataclass(frozen=True, kw_only=True)
class Listing:
    """top_k, threshold: as in the API's contract; None leaves answers as the job wrote them."""

    top_k: int | None = None
    threshold: float | None = None

    @property
    def options(self) -> str:
        """The options of `rubric batch` that mean this listing, each after a space."""
        given = (("--top-k", self.top_k), ("--threshold", self.threshold))
        return "".join(f" {name} {value}" for name, value in given if value is not None)

    def line(self, line: bytes) -> bytes:
        """A line of answers with this listing; unchanged if it is not an answer, which the check then reports."""
        try:
            answer = json.loads(line)
            if "error" in answer:
                return line
            if "predictions" in answer:
                changed = {**answer, "predictions": [self._listed(one) for one in answer["predictions"]]}
            else:
                changed = self._listed(answer)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return line
        end = line[len(line.rstrip(b"\r\n")) :]
        return json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode() + end

    def _listed(self, prediction: dict[str, object]) -> dict[str, object]:
        return listing.listed(prediction, top_k=self.top_k, threshold=self.threshold)


ALL = Listing()
