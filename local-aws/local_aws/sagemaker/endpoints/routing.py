"""Choose the fleet and variant for a request."""

from collections.abc import Mapping


def by_weight(weights: Mapping[str, float], point: float) -> str | None:
    """Choose a name in proportion to the weights; `point` is 0 to 1, excluding 1. None without a positive weight."""
    total = sum(weight for weight in weights.values() if weight > 0)
    if total <= 0:
        return None
    left = point * total
    chosen = None
    for name, weight in weights.items():
        if weight <= 0:
            continue
        chosen = name
        left -= weight
        if left < 0:
            break
    return chosen


def is_canary(share: float, point: float) -> bool:
    """Whether a request at `point` (0 to 1, excluding 1) goes to the new fleet, which gets `share` of the requests."""
    return point < share
