"""The ledger decides before anything starts, and two that start at once cannot both have the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.budget import spending
from contracts.retraining import runs
from ops.budget import ledger
from ops.deployment.cloud import Cloud
from ops.deployment.stacks import Stack, Stacks
from ops.errors import OpsError
from tests.unit.ops.conftest import BUCKET, ROOT, SESSION

BUDGET = 10.0


@pytest.fixture
def cloud(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setattr("ops.deployment.cloud.boto3.Session", lambda **_: SESSION)
    found = Cloud("dev", root=ROOT)
    cost = found.settings.cost.model_copy(update={"monthly_budget_usd": BUDGET})
    vars(found)["settings"] = found.settings.model_copy(update={"cost": cost})  # a cached property
    outputs = {"ArtifactBucketName": BUCKET}
    stack = Stack("Rubric-dev-Data", "CREATE_COMPLETE", "", outputs)
    monkeypatch.setattr(Cloud, "stacks", Stacks(env="dev", by_part={"Data": stack}))
    if BUCKET not in [each["Name"] for each in found.client("s3").list_buckets()["Buckets"]]:
        found.client("s3").create_bucket(Bucket=BUCKET)
    yield found


def document(cloud: Cloud) -> dict[str, Any]:
    body = cloud.client("s3").get_object(Bucket=BUCKET, Key=runs.KEY)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def spent(cloud: Cloud) -> float:
    return sum(each["usd"] for each in spending.read(document(cloud)))


def start(cloud: Cloud, usd: float | None, *, unknown: str = "") -> None:
    with ledger.reserved(cloud, kind="load", what="The load test", usd=usd, unknown=unknown) as reservation:
        reservation.begun()


def test_what_fits_is_noted_with_who_and_what(cloud: Cloud) -> None:
    start(cloud, 4.0)
    [entry] = spending.read(document(cloud))
    assert (entry["usd"], entry["kind"], entry["what"]) == (4.0, "load", "The load test")
    assert entry["by"].startswith("arn:aws:")
    assert document(cloud)["runs"] == []


def test_what_does_not_fit_is_refused_in_a_sentence_and_not_noted(cloud: Cloud) -> None:
    start(cloud, 8.0)
    begun = False
    with pytest.raises(OpsError) as refused, ledger.reserved(cloud, kind="batch", what="The batch", usd=3.0):
        begun = True
    assert not begun
    assert str(refused.value) == (
        "The batch may cost 3.00 USD, and 8.00 of this month's 10.00 USD (cost.monthly_budget_usd) are spent: wait for "
        "the next month, or raise it"
    )
    assert spent(cloud) == 8.0


def test_an_unknown_price_never_fits(cloud: Cloud) -> None:
    with pytest.raises(OpsError, match=r"The load test has no known price \(sagemaker.serverless\), so it cannot"):
        start(cloud, None, unknown="sagemaker.serverless")


def test_runs_that_retraining_started_count(cloud: Cloud) -> None:
    at = spending_time()
    run: runs.Run = {"decision_id": "d", "at": at, "execution": "e", "price": 7.0, "state": runs.STARTED}
    body = json.dumps(runs.document([run])).encode()
    cloud.client("s3").put_object(Bucket=BUCKET, Key=runs.KEY, Body=body)
    with pytest.raises(OpsError, match=r"7\.00 of this month's 10\.00 USD"):
        start(cloud, 4.0)
    start(cloud, 3.0)
    assert runs.read(document(cloud)) == [run]


def spending_time() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_what_was_not_started_is_released(cloud: Cloud) -> None:
    with pytest.raises(RuntimeError), ledger.reserved(cloud, kind="batch", what="The batch", usd=3.0):
        raise RuntimeError
    assert spent(cloud) == 0


def test_what_had_started_counts_even_if_it_fails(cloud: Cloud) -> None:
    with (
        pytest.raises(RuntimeError),
        ledger.reserved(cloud, kind="batch", what="The batch", usd=3.0) as reservation,
    ):
        reservation.begun()
        raise RuntimeError
    assert spent(cloud) == 3.0


def test_what_it_took_replaces_what_was_reserved(cloud: Cloud) -> None:
    with ledger.reserved(cloud, kind="batch", what="The batch", usd=3.0) as reservation:
        reservation.begun()
    reservation.took(0.5)
    assert spent(cloud) == 0.5
    reservation.took(None)
    assert spent(cloud) == 0.5


def test_another_that_is_faster_is_counted_before_deciding(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = cloud.client("s3")
    put = s3.put_object
    raced: list[bool] = []

    def slower(**request: Any) -> Any:
        if not raced:
            raced.append(True)
            monkeypatch.setattr(s3, "put_object", put)
            start(cloud, 8.0)
        return put(**request)

    monkeypatch.setattr(s3, "put_object", slower)
    with pytest.raises(OpsError, match=r"8\.00 of this month's"):
        start(cloud, 3.0)
    assert spent(cloud) == 8.0


def test_a_ledger_that_cannot_be_read_is_an_error_and_stays(cloud: Cloud) -> None:
    cloud.client("s3").put_object(Bucket=BUCKET, Key=runs.KEY, Body=b"{")
    with pytest.raises(OpsError, match=r"s3://artifacts/retraining/runs\.json is no ledger of runs"):
        start(cloud, 1.0)


def test_without_a_budget_nothing_is_asked(cloud: Cloud) -> None:
    settings = cloud.settings
    unset = settings.cost.model_copy(update={"monthly_budget_usd": None})
    vars(cloud)["settings"] = settings.model_copy(update={"cost": unset})
    start(cloud, None)
    with pytest.raises(ClientError):
        document(cloud)


def test_last_month_is_over() -> None:
    entry: spending.Entry = {
        "entry_id": "e",
        "at": "2026-10-31T23:59:59.999Z",
        "kind": "load",
        "what": "w",
        "by": "b",
        "usd": 9.0,
    }
    ledger_document = spending.document({}, entries=[entry])
    assert spending.spent(ledger_document, at="2026-11-01T00:00:00.000Z") == 0
    assert spending.spent(ledger_document, at="2026-10-01T00:00:00.000Z") == 9.0
