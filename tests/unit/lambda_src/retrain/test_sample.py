"""Which labels of the audit sample the gain and the accuracy rest on."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

from contracts.logs import audit
from lambda_src.common import dynamodb
from lambda_src.retrain.stores.sample import Sample

DAY = date(2026, 11, 20)


def said(label: str, at: str, **more: Any) -> dict[str, Any]:
    return {"first": label, "label": label, "times": 1, "time": f"2026-11-20T{at}:00.000Z", **more}


def sample(*given: dict[str, Any]) -> Sample:
    """A sample of texts with these labels, all answered with Business."""
    items = [
        {
            **{"request_id": audit.partition(DAY.isoformat()), "position": number, "of_request": f"r{number}"},
            **{"of_position": 0, "label": "Business", "model_version": "v1", "given": labels},
        }
        for number, labels in enumerate(given)
    ]
    answer = {"Items": [dynamodb.item(item) for item in items], "ScannedCount": len(items)}
    made = Sample(SimpleNamespace(query=lambda **_: answer), table="requests", logger=None)
    texts = [
        {"request_id": f"r{n}", "position": 0, "text": f"text {n}", "label": "Business"} for n in range(len(given))
    ]
    made._texts = SimpleNamespace(texts=lambda keys: [item for item in texts if (item["request_id"], 0) in keys])  # type: ignore[assignment]
    return made


def test_labels_of_keys_that_are_not_trusted_are_only_counted() -> None:
    mallory = said("Science", "09:00", trusted=False)
    found, waiting = sample(
        {"mallory": mallory},
        {"mallory": said("Science", "09:00")},  # from before labels said whether they count
        {"mallory": mallory, "ana": said("Business", "10:00", trusted=True)},
    ).labelled(today=DAY, days=1)
    assert waiting == 2
    assert [(each.right, each.labelled_at, each.audited and each.audited.label) for each in found] == [
        (True, "2026-11-20T10:00:00.000Z", "Business")
    ]


def test_the_first_label_of_whoever_was_first_decides_however_late_it_was_changed() -> None:
    changed = said("Health", "12:00", trusted=True) | {"first": "Business", "first_time": "2026-11-20T09:00:00.000Z"}
    found, _ = sample({"ana": changed, "ben": said("Health", "11:00", trusted=True)}).labelled(today=DAY, days=1)
    assert [(each.right, each.labelled_at) for each in found] == [(True, "2026-11-20T09:00:00.000Z")]
