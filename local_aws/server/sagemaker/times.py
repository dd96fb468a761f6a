"""Times as other services show SageMaker's."""

from typing import Any


def in_milliseconds(value: Any, name: str = "") -> Any:
    """The same value with its times (seconds since 1970 in `...Time` and `Timestamp`) as whole milliseconds."""
    if isinstance(value, dict):
        return {key: in_milliseconds(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [in_milliseconds(item) for item in value]
    if isinstance(value, float) and (name.endswith("Time") or name == "Timestamp"):
        return int(value * 1000)
    return value
