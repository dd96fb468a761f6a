"""An item of the request log, as DynamoDB has it: attributes with their types, by name."""

from __future__ import annotations

from typing import Any

# The request log's key: what makes writing an item twice harmless.
KEY = ("request_id", "position")

Item = dict[str, Any]
