"""The feature store: what is known of erased texts and callers, by the function that may write to it."""

from __future__ import annotations

import json
from typing import Any

from botocore.config import Config

from contracts.features import asked
from ops.erase.report import Show, StoreReport
from ops.erase.targets import Wanted

STORE = "features"
_IDS_A_CALL = 500
# The function answers within its timeout; asked twice it deletes twice, which changes nothing.
PATIENT = Config(read_timeout=910, retries={"total_max_attempts": 1})


class Features:
    """Deletes features, the newest ones and their history; matched by text and by key."""

    def __init__(self, client: Any, *, function: str, show: Show) -> None:
        self._lambda = client
        self._function = function
        self._show = show

    def run(self, wanted: Wanted, *, apply: bool) -> StoreReport:
        """Count wanted ids and, with `apply`, delete what is known of them."""
        report = StoreReport(STORE, self._function)
        texts = {*wanted.targets_of("example"), *(digest.hex() for digest in wanted.logged.text_ids)}
        ids = [("caller", one) for one in sorted(wanted.targets_of("key"))] + [("text", one) for one in sorted(texts)]
        for start in range(0, len(ids), _IDS_A_CALL):
            part: dict[str, list[str]] = {}
            for entity, one in ids[start : start + _IDS_A_CALL]:
                part.setdefault(entity, []).append(one)
            self._ask(part, report, apply=apply)
            report.looked_at += len(ids[start : start + _IDS_A_CALL])
            self._show(STORE, report.looked_at, report.found)
        report.note = "what is counted of a publisher stays: it is made of counts over many callers' texts"
        return report

    def _ask(self, ids: dict[str, list[str]], report: StoreReport, *, apply: bool) -> None:
        found = self._invoke(asked.READ, ids, report)
        if found is None:
            return
        held = sum(bool(values) for known in found["features"].values() for values in known.values())
        report.found += held
        # Also what has no newest value any more: its history may.
        if apply and self._invoke(asked.FORGET, ids, report) is not None:
            report.erased += held

    def _invoke(self, action: str, ids: dict[str, list[str]], report: StoreReport) -> dict[str, Any] | None:
        payload = json.dumps({"action": action, "ids": ids}).encode()
        answer = self._lambda.invoke(FunctionName=self._function, Payload=payload)
        document = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            reason = document.get("errorMessage", "its log has the reason")
            report.problems.append(f"the feature store could not be asked to {action}: {reason}")
            return None
        return dict(document)
