"""What the List operations share: filters, order and pages."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.server.sagemaker import shapes
from local_aws.server.sagemaker.errors import validation
from local_aws.server.sagemaker.plane import Plane
from local_aws.server.sagemaker.store import Record

_PAGE = 10  # what AWS answers where MaxResults is not given


def lister(
    operation: str,
    kind: str,
    *,
    member: str,
    name: str,
    status: str = "",
    keep: Callable[[Plane, dict[str, Any], Record], bool] | None = None,
) -> Callable[[Plane, dict[str, Any]], dict[str, Any]]:
    """A List operation: `member` holds its items, `name` and `status` are in the records, `keep` filters more."""

    def call(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
        rows = [row for row in plane.store.all(kind) if _matches(request, row, name, status)]
        if keep is not None:
            rows = [row for row in rows if keep(plane, request, row)]
        rows.sort(key=_order(request, name, status), reverse=request.get("SortOrder", "Descending") == "Descending")
        page, following = paged(rows, request)
        items = [shapes.summary("sagemaker", operation, member, row) for row in page]
        return {member: items} | ({"NextToken": following} if following else {})

    return call


def paged(rows: list[Any], request: dict[str, Any], *, size: int = _PAGE) -> tuple[list[Any], str | None]:
    """The page that the request's NextToken and MaxResults name, and the token of the next page. Raises ApiError."""
    start = _position(request.get("NextToken"))
    end = start + int(request.get("MaxResults", size))
    return rows[start:end], _token(end) if end < len(rows) else None


def _matches(request: dict[str, Any], row: Record, name: str, status: str) -> bool:
    if request.get("NameContains") and request["NameContains"].lower() not in str(row[name]).lower():
        return False
    if request.get("StatusEquals") and row.get(status) != request["StatusEquals"]:
        return False
    for member in ("CreationTime", "LastModifiedTime"):
        if f"{member}After" in request and row[member] <= _seconds(request[f"{member}After"]):
            return False
        if f"{member}Before" in request and row[member] >= _seconds(request[f"{member}Before"]):
            return False
    return True


def _order(request: dict[str, Any], name: str, status: str) -> Callable[[Record], Any]:
    by = {"Name": name, "Status": status}.get(request.get("SortBy", "CreationTime"), "CreationTime")
    return lambda row: (row[by], row["CreationTime"])


def _seconds(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise validation(f"{value!r} is not a time") from None


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
        pass  # not one of ours: answered below
    raise validation("Invalid pagination token")
