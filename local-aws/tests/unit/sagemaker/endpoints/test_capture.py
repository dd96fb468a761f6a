"""Tests the content and location of captured data."""

import json
import re

from local_aws.sagemaker.endpoints.capture import Capture

CONFIG = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://bucket/some/prefix/",
    "CaptureOptions": [{"CaptureMode": "Input"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}


def captured(config: dict[str, object], *, request_type: str = "text/csv; charset=utf-8") -> dict[str, bytes]:
    """Object keys and bodies of two requests to one variant."""
    objects: dict[str, bytes] = {}

    def put(variant: str, bucket: str, key: str, body: bytes) -> None:
        assert bucket == "bucket"
        objects[key] = body

    capture = Capture("endpoint", config, put)
    for body in (b"a", b"b"):
        capture.offer(
            "champion", request=body, request_type=request_type, answer=b"{}", answer_type="x/y", inference_id=None
        )
    capture.close()
    return objects


def test_records_are_gathered_in_one_object_in_sagemakers_layout() -> None:
    ((key, body),) = captured(CONFIG).items()
    assert re.fullmatch(r"some/prefix/endpoint/champion/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", key)
    first, second = (json.loads(line) for line in body.decode().splitlines())
    assert first["captureData"] == {
        "endpointInput": {
            "observedContentType": "text/csv; charset=utf-8",
            "mode": "INPUT",
            "data": "a",
            "encoding": "CSV",
        },
    }
    assert second["captureData"]["endpointInput"]["data"] == "b"
    assert first["eventVersion"] == "0" and first["eventMetadata"]["eventId"] != second["eventMetadata"]["eventId"]


def test_other_types_are_encoded() -> None:
    ((_, body),) = captured(CONFIG, request_type="application/json").items()
    assert json.loads(body.splitlines()[0])["captureData"]["endpointInput"]["data"] == "YQ=="


def test_a_share_of_nothing_captures_nothing() -> None:
    assert captured({**CONFIG, "InitialSamplingPercentage": 0}) == {}
