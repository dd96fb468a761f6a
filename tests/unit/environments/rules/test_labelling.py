"""An audit sample that a day's partition could not take is refused."""

from __future__ import annotations

import pytest

from tests.unit.environments.conftest import Loader
from tests.unit.environments.overrides import assert_refused

REFUSED = [
    (
        "labelling: {audit_share: 0.5}",
        "labelling.audit_share: 0.5 is not allowed; of data.write_rate 4000 a second that is more than the 1,000 that "
        "DynamoDB writes to the sample's partition of a day; use at most 0.25",
    ),
    ("labelling: {audit_share: 1.5}", "labelling.audit_share: 1.5 is not allowed"),
    ("labelling: {days: 0}", "labelling.days: 0 is not allowed"),
]


@pytest.mark.parametrize(("override", "expected"), REFUSED)
def test_refused(load_text: Loader, override: str, expected: str) -> None:
    assert_refused(load_text, override, expected)


@pytest.mark.parametrize(
    "override",
    [
        "labelling: {audit_share: 0.25}",
        "labelling: {audit_share: 1}\ndata: {write_rate: 1000}",
        "labelling: {audit_share: 0.5}\ndata: {request_log_text: hash}\nserving: {data_capture_percent: 0}",
        "labelling: {audit_share: 0, days: 90}\ndata: {request_log_days: 3}",
    ],
)
def test_allowed(load_text: Loader, override: str) -> None:
    load_text(override=override)
