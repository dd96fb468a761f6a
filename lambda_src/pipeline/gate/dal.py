"""The evaluation in a training job's output, and the separate file beside the model."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from typing import Any, cast

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from contracts.models.evaluation import Evaluation, JudgedEvaluation
from lambda_src.common import aws, s3_uri
from lambda_src.pipeline.gate.errors import EvaluationMissing, OutputRefused

_MAX_BYTES = 20 * 1024 * 1024


class Evaluations:
    """Evaluations under `models/<job>/` in the artifact bucket."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def read(self, job_name: str) -> Evaluation:
        """evaluation.json in the job's output.tar.gz, which has been kept; raises EvaluationMissing."""
        uri = s3_uri.join(self._bucket, buckets.kept(job_name, buckets.OUTPUT_FILE))
        packed = self._s3.get_object(Bucket=self._bucket, Key=s3_uri.split(uri)[1])["Body"].read()
        try:
            return _evaluation(packed)
        except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError, RecursionError) as error:
            raise EvaluationMissing(f"{uri} has no {buckets.EVALUATION_FILE} that can be read: {error}") from error

    def write(self, job_name: str, evaluation: JudgedEvaluation) -> str:
        """Stores the whole evaluation in a file of its own, once; returns its S3 location.

        It holds texts, for operators: GET /v1/model passes on figures only. Can be repeated with the same evaluation.
        Raises OutputRefused if another is stored already.
        """
        uri = s3_uri.join(self._bucket, buckets.evaluation(job_name))
        place = {"Bucket": self._bucket, "Key": s3_uri.split(uri)[1]}
        body = json.dumps(evaluation, indent=1, sort_keys=True).encode()
        try:
            self._s3.put_object(**place, Body=body, ContentType="application/json", IfNoneMatch="*")
        except ClientError as error:
            if aws.error_code(error) != "PreconditionFailed":
                raise
            if self._s3.get_object(**place)["Body"].read() != body:
                raise OutputRefused(f"{uri} already has another evaluation or verdict: train again") from error
        return uri


def _evaluation(packed: bytes) -> Evaluation:
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        for member in archive:
            if member.isfile() and member.name.removeprefix("./") == buckets.EVALUATION_FILE:
                if member.size > _MAX_BYTES:
                    raise ValueError(f"{member.size:,} bytes are too many")
                file = archive.extractfile(member)
                document = json.loads(file.read()) if file else None
                if not isinstance(document, dict):
                    raise ValueError("not a JSON object")
                return cast(Evaluation, document)  # logic and comparison check the figures that they decide by
    raise ValueError("the archive does not hold it")
