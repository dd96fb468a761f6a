"""The Service Quotas API: list and get quotas, and request increases, which are granted immediately."""

import time
import uuid
from pathlib import Path
from typing import Any

from local_aws.common.errors import ApiError
from local_aws.common.json_service import JsonService
from local_aws.common.paging import paged
from local_aws.quotas import values
from local_aws.quotas.values import Quota

SERVICE = "service-quotas"
_GRANTED = "granted"
_PAGE = 100


class ServiceQuotas(JsonService):
    """The service. folder: where quotas.json may be."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        super().__init__(SERVICE)
        self.operations = {
            "ListServiceQuotas": self._list,
            "ListAWSDefaultServiceQuotas": self._list_defaults,
            "GetServiceQuota": self._get,
            "RequestServiceQuotaIncrease": self._raise,
        }

    def value(self, service: str, name: str) -> float | None:
        """Return the account's value for a quota; None if there is no such quota."""
        return next((value for quota, value in self._applied(service) if quota.name == name), None)

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
