"""The Service Quotas API: list and get quotas, and request increases, which are granted immediately."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.common import scope, shapes
from local_aws.common.errors import ApiError, unknown_operation
from local_aws.common.json_protocol import Answer, answer_json, parsed
from local_aws.common.paging import paged
from local_aws.common.store import Store
from local_aws.quotas import values
from local_aws.quotas.values import Quota

SERVICE = "service-quotas"
_GRANTED = "granted"
_PAGE = 100


class ServiceQuotas:
    """The service; MiniStack calls `handle` and the state hooks. folder: where quotas.json may be."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.store = Store(scope.current)
        self._operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "ListServiceQuotas": self._list,
            "ListAWSDefaultServiceQuotas": self._list_defaults,
            "GetServiceQuota": self._get,
            "RequestServiceQuotaIncrease": self._raise,
        }

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes | str, query_params: dict[str, Any]
    ) -> Answer:
        """Handle a request from MiniStack."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        return answer_json(lambda: self.call(operation, parsed(body)))

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Call an operation. Raises ApiError."""
        function = self._operations.get(operation)
        if function is None:
            raise unknown_operation(operation)
        shapes.check_request(SERVICE, operation, request)
        return shapes.shaped(SERVICE, operation, function(request))

    def value(self, service: str, name: str) -> float | None:
        """Return the account's value for a quota; None if there is no such quota."""
        return next((value for quota, value in self._applied(service) if quota.name == name), None)

    def get_state(self) -> dict[str, Any]:
        return self.store.dump()

    def load_persisted_state(self, saved: dict[str, Any]) -> None:
        self.store.load(saved)

    def reset(self) -> None:
        self.store.clear()

    def _applied(self, service: str) -> list[tuple[Quota, float]]:
        written = values.overrides(self._folder)
        applied = []
        for quota in values.defaults(service):
            granted = self.store.get(_GRANTED, quota.code)
            value = written.get(quota.name, granted["Value"] if granted else quota.default)
            if value is not None:
                applied.append((quota, float(value)))
        return applied

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        listed = [
            values.as_answer(quota, value, scope=self.store.scope())
            for quota, value in self._applied(request["ServiceCode"])
            if request.get("QuotaCode") in (None, quota.code)
        ]
        return _page(listed, request)

    def _list_defaults(self, request: dict[str, Any]) -> dict[str, Any]:
        written = values.overrides(self._folder)
        listed = [
            values.as_answer(quota, quota.default, scope=self.store.scope())
            for quota in values.defaults(request["ServiceCode"])
            if written.get(quota.name, quota.default) is not None
        ]
        return _page(listed, request)

    def _get(self, request: dict[str, Any]) -> dict[str, Any]:
        quota, value = self._find(request)
        return {"Quota": values.as_answer(quota, value, scope=self.store.scope())}

    def _raise(self, request: dict[str, Any]) -> dict[str, Any]:
        quota, value = self._find(request)
        desired = float(request["DesiredValue"])
        if desired <= value:
            message = f"You must provide a quota value greater than the current value of {value}"
            raise ApiError("InvalidResourceStateException", message)
        self.store.put(_GRANTED, quota.code, {"Value": desired})
        now = time.time()
        answer = values.as_answer(quota, desired, scope=self.store.scope())
        asked = {
            "Id": uuid.uuid4().hex,
            "DesiredValue": desired,
            "Status": "APPROVED",
            "Created": now,
            "LastUpdated": now,
        }
        return {"RequestedQuota": {**answer, **asked}}

    def _find(self, request: dict[str, Any]) -> tuple[Quota, float]:
        for quota, value in self._applied(request["ServiceCode"]):
            if quota.code == request["QuotaCode"]:
                return quota, value
        raise ApiError("NoSuchResourceException", f"There is no quota {request['QuotaCode']} here.")


def _page(listed: list[dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
    page, following = paged(listed, request, size=_PAGE)
    return {"Quotas": page} | ({"NextToken": following} if following else {})
