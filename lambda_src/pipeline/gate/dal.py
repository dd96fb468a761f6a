"""What a training job's output says of the model, and the separate files beside the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from contracts.models import baseline
from contracts.models.evaluation import Evaluation, JudgedEvaluation
from contracts.supply import bom
from lambda_src.common import aws, s3_uri
from lambda_src.pipeline.gate import archives
from lambda_src.pipeline.gate.errors import EvaluationMissing, OutputRefused

_MAX_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class Output:
    """evaluation.json, baseline.json and the bill of materials of a job.

    without_baseline, without_bill: why there is none that can be used.
    """

    evaluation: Evaluation
    baseline: bytes | None
    without_baseline: str = ""
    bill: bytes | None = None
    without_bill: str = ""


class Outputs:
    """Files under `models/<job>/` in the artifact bucket."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def read(self, job_name: str) -> Output:
        """What is in the job's output.tar.gz, which has been kept; raises EvaluationMissing.

        A reference for drift decides nothing here, so a job without one, such as an older one, passes all the same.
        """
        uri = s3_uri.join(self._bucket, buckets.kept(job_name, buckets.OUTPUT_FILE))
        packed = self._s3.get_object(Bucket=self._bucket, Key=s3_uri.split(uri)[1])["Body"].read()
        try:
            evaluation = _object(archives.member(packed, buckets.EVALUATION_FILE, most=_MAX_BYTES))
        except archives.BROKEN as error:
            raise EvaluationMissing(f"{uri} has no {buckets.EVALUATION_FILE} that can be read: {error}") from error
        judged_later = cast(Evaluation, evaluation)  # logic and comparison check the figures that they decide by
        reference, without_reference = _optional(
            packed, buckets.BASELINE_FILE, most=baseline.MAX_BYTES, fits=_reference
        )
        bill, without_bill = _optional(packed, buckets.BILL_FILE, most=_MAX_BYTES, fits=_bill)
        return Output(
            judged_later,
            reference,
            without_reference and f"{uri} {without_reference}",
            bill,
            without_bill and f"{uri} {without_bill}",
        )

    def features(self) -> dict[str, Any]:
        """What the feature store's last summary says of callers and publishers; {} where there is none."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=buckets.FEATURES_SUMMARY)
        except ClientError as error:
            if aws.error_code(error) != "NoSuchKey":
                raise
            return {}
        return _object(answer["Body"].read())

    def write(self, job_name: str, evaluation: JudgedEvaluation) -> str:
        """Stores the whole evaluation in a file of its own, once; returns its S3 location.

        It holds texts, for operators: GET /v1/model passes on figures only. Can be repeated with the same evaluation.
        Raises OutputRefused if another is stored already.
        """
        body = json.dumps(evaluation, indent=1, sort_keys=True).encode()
        return self._once(buckets.evaluation(job_name), body, what="evaluation or verdict")

    def write_baseline(self, job_name: str, body: bytes) -> str:
        """Stores the reference for drift in a file of its own, as `write` does; it holds single words, but no texts."""
        return self._once(buckets.baseline(job_name), body, what="reference")

    def write_bill(self, job_name: str, body: bytes) -> str:
        """Stores the bill of materials in a file of its own, as `write` does; it names files and packages, no texts."""
        return self._once(buckets.bill(job_name), body, what="bill of materials")

    def _once(self, key: str, body: bytes, *, what: str) -> str:
        uri, place = s3_uri.join(self._bucket, key), {"Bucket": self._bucket, "Key": key}
        try:
            self._s3.put_object(**place, Body=body, ContentType="application/json", IfNoneMatch="*")
        except ClientError as error:
            if aws.error_code(error) != "PreconditionFailed":
                raise
            if self._s3.get_object(**place)["Body"].read() != body:
                raise OutputRefused(f"{uri} already has another {what}: train again") from error
        return uri


def _optional(packed: bytes, name: str, *, most: int, fits: Callable[[bytes], None]) -> tuple[bytes | None, str]:
    """A member of the archive; None and why where there is none that can be used."""
    try:
        found = archives.member(packed, name, most=most)
        fits(found)
    except archives.BROKEN as error:
        return None, f"has no {name} that can be used: {error}"
    return found, ""


def _reference(document: bytes) -> None:
    baseline.read(_object(document))


def _bill(document: bytes) -> None:
    if not bom.is_one(_object(document)):
        raise ValueError(f"not a bill of materials in CycloneDX {bom.SPEC}")


def _object(document: bytes) -> dict[str, Any]:
    parsed = json.loads(document)
    if not isinstance(parsed, dict):
        raise ValueError("not a JSON object")
    return parsed
