"""Which fleet and which variant answer a request."""

from collections.abc import Mapping


def by_weight(weights: Mapping[str, float], point: float) -> str | None:
    """The name that `point` (0 to 1, 1 excluded) falls on, each with its weight's part of the line; None for none."""
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
    """Whether a request at `point` (0 to 1, 1 excluded) goes to the new fleet, which gets `share` of them."""
    return point < share
