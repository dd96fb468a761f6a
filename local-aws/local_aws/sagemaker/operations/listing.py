"""The filters and order that the List operations share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.common import shapes
from local_aws.common.errors import validation
from local_aws.common.paging import paged
from local_aws.common.store import Record
from local_aws.sagemaker.plane import Plane


def lister(
    operation: str,
    kind: str,
    *,
    member: str,
    name: str,
    status: str = "",
    keep: Callable[[Plane, dict[str, Any], Record], bool] | None = None,
) -> Callable[[Plane, dict[str, Any]], dict[str, Any]]:
    """Create a List operation: `member` holds its items, `name` and `status` are record members, `keep` is a filter."""

    def call(plane: Plane, request: dict[str, Any]) -> dict[str, Any]:
        rows = [row for row in plane.store.all(kind) if _matches(request, row, name, status)]
        if keep is not None:
            rows = [row for row in rows if keep(plane, request, row)]
        rows.sort(key=_order(request, name, status), reverse=request.get("SortOrder", "Descending") == "Descending")
        page, following = paged(rows, request)
        items = [shapes.summary("sagemaker", operation, member, row) for row in page]
        return {member: items} | ({"NextToken": following} if following else {})

    return call


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
