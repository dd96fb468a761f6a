"""What the card says of callers and publishers: the feedback that the answers of the last days got. No I/O.

A card has no names of callers or publishers: everybody who may read the registry may read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.features import computed

# Fewer labels say nothing about a caller's answers.
FEWEST = 20
_WORDS = (
    "What callers said of the answers of the last 30 days, which were those of the models that served then, not of "
    "this one. Up to {until}."
)


def evaluations(summary: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One of the card's evaluations, of a summary that the function `features` wrote; none without feedback."""
    entities = sorted(summary.get("entities", {}).items())
    groups = [group for entity, found in entities if (group := _group(entity, found))]
    if groups:
        yield {
            "name": "feedback by feature",
            "evaluation_observation": _WORDS.format(until=summary["until"]),
            "metric_groups": groups,
        }


def _group(entity: str, found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of the callers or publishers with the most texts."""
    most = [one for one in found["most"] if one.get(computed.FEEDBACK)]
    if not most:
        return None
    given = sum(one[computed.FEEDBACK] for one in most)
    wrong = sum(one[computed.FEEDBACK] * one[computed.WRONG_SHARE] for one in most)
    metrics = {
        f"{entity}s known": found["known"],
        "feedback": given,
        "share of the feedback that was wrong": round(wrong / given, 6),
    }
    shares = [one[computed.WRONG_SHARE] for one in most if one[computed.FEEDBACK] >= FEWEST]
    if shares:
        metrics[f"the highest share of one {entity}"] = round(max(shares), 6)
    listed = [{"name": name, "type": "number", "value": value} for name, value in metrics.items()]
    return {"name": f"by {entity}", "metric_data": listed}
