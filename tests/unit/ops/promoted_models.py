"""Two models, and the records of promotions."""

import json

import boto3

from tests.unit.ops.conftest import BUCKET, register, serve

OLD, NEW = "rubric-dev-20261119-000000-aaaa", "rubric-dev-20261120-000000-bbbb"


def serve_the_newer_of_two() -> None:
    """Two approved models, the newer one in use."""
    register(OLD, accuracy=0.90)
    register(NEW, accuracy=0.92)
    serve(NEW)


def uri(version: str) -> str:
    return f"s3://{BUCKET}/models/{version}/output/model.tar.gz"


def promoted(number: int, version: str, outcome: str, *, previous: str = "", rollback: bool = False) -> None:
    """A record as the promote function writes it."""
    before = uri(previous) if previous else ""
    record = {"execution": f"arn:{number}", "artifact_uri": uri(version), "at": 1.0, "outcome": outcome,
              "previous": before, "rollback": rollback, "reason": "", "ended": 2.0}  # fmt: skip
    boto3.client("ssm").put_parameter(
        Name=f"/rubric/dev/promotions/{number:06d}", Value=json.dumps(record), Type="String"
    )
