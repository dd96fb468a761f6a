"""Pages of a list, selected by NextToken and MaxResults."""

import base64
import binascii
from typing import Any

from local_aws.common.errors import validation

_PAGE = 10  # AWS's page size when MaxResults is not given


def paged(rows: list[Any], request: dict[str, Any], *, size: int = _PAGE) -> tuple[list[Any], str | None]:
    """Return the page that NextToken and MaxResults select, and the next page's token. Raises ApiError."""
    start = _position(request.get("NextToken"))
    end = start + int(request.get("MaxResults", size))
    return rows[start:end], _token(end) if end < len(rows) else None


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(f"from:{position}".encode()).decode()


def _position(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, number = base64.urlsafe_b64decode(token.encode()).decode().split(":")
        if word == "from":
            return int(number)
    except (ValueError, binascii.Error):
        pass  # not one of our tokens: handled below
    raise validation("Invalid pagination token")
