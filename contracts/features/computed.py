"""The features that the function `features` computes, and how they are written beside a text. No I/O.

A registry may leave some out. One that it names beside these nobody computes, so settings refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

WINDOW_DAYS: Final = 30

# Of a caller and of a publisher, over the last WINDOW_DAYS days (UTC) of the request log and of the feedback.
TEXTS: Final = "texts_30d"  # answered texts
CONFIDENCE: Final = "mean_confidence_30d"  # of those whose model reports one
TOP_LABEL: Final = "top_label_30d"  # the most frequent answer
TOP_SHARE: Final = "top_label_share_30d"  # its share of the answers
FEEDBACK: Final = "feedback_30d"  # labels that callers gave as feedback
WRONG_SHARE: Final = "feedback_wrong_share_30d"  # the share of these that differ from the answer
FIRST_SEEN: Final = "first_seen"  # time of the first text that was counted
# Of a text's key, from the labels that trusted keys gave it in any spelling.
LABELLERS: Final = "labellers"  # people or keys that labelled it
LABEL: Final = "label"  # what most of them said last
LABEL_SHARE: Final = "label_share"  # the share of the labellers that said it
TEXT_FEEDBACK: Final = "feedback"  # labels that came as feedback, trusted or not

_ACTIVITY = {
    TEXTS: ("integer", "request_log"),
    CONFIDENCE: ("float", "request_log"),
    TOP_LABEL: ("string", "request_log"),
    TOP_SHARE: ("float", "request_log"),
    FIRST_SEEN: ("timestamp", "request_log"),
    FEEDBACK: ("integer", "feedback"),
    WRONG_SHARE: ("float", "feedback"),
}
_OF_TEXT = {
    LABELLERS: ("integer", "labels"),
    LABEL: ("string", "labels"),
    LABEL_SHARE: ("float", "labels"),
    TEXT_FEEDBACK: ("integer", "feedback"),
}
# (type, source) by entity and name.
COMPUTED: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "caller": _ACTIVITY,
    "publisher": _ACTIVITY,
    "text": _OF_TEXT,
}


def logged(entity: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """An entity's features as a text's item in the request log has them: `caller.texts_30d`."""
    return {f"{entity}.{name}": value for name, value in values.items()}
