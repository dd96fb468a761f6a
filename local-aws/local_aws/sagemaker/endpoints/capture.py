"""Data capture: a sample of requests and answers as JSON lines in S3, in SageMaker's layout."""

import base64
import json
import logging
import random
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

logger = logging.getLogger("local_aws.sagemaker.capture")

_SECONDS = 10.0  # how long to collect records before writing
_RECORDS = 500


class Capture:
    """Capture one fleet's data.

    `put(variant, bucket, key, body)` writes an object. Records are collected and written every few seconds, one object
    for each variant: `<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/mm-ss-sss-<uuid>.jsonl`.
    """

    def __init__(self, endpoint: str, config: dict[str, Any], put: Callable[[str, str, str, bytes], None]) -> None:
        self._endpoint = endpoint
        self._bucket, _, prefix = config["DestinationS3Uri"].removeprefix("s3://").partition("/")
        self._prefix = prefix.strip("/")
        self._share = config["InitialSamplingPercentage"] / 100
        self._modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        self._types = config.get("CaptureContentTypeHeader", {})
        self._put = put
        self._waiting: dict[str, list[str]] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._write_on, name=f"capture-{endpoint}", daemon=True)
        self._thread.start()

    def offer(
        self,
        variant: str,
        *,
        request: bytes,
        request_type: str,
        answer: bytes,
        answer_type: str,
        inference_id: str | None,
    ) -> None:
        """Capture a request and its answer if the sampling percentage selects them."""
        if random.random() >= self._share:
            return
        line = self._line(request, request_type, answer, answer_type, inference_id)
        with self._lock:
            waiting = self._waiting.setdefault(variant, [])
            waiting.append(line)
            if len(waiting) >= _RECORDS:
                self._wake.set()

    def close(self) -> None:
        """Write pending records; returns once they are written."""
        self._closed = True
        self._wake.set()
        self._thread.join(timeout=30)

    def flush(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for variant, lines in waiting.items():
            now = datetime.now(UTC)
            name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
            parts = [self._prefix, self._endpoint, variant, f"{now:%Y/%m/%d/%H}", name]
            try:
                key = "/".join(part for part in parts if part)
                self._put(variant, self._bucket, key, "".join(lines).encode())
            except Exception:
                # SageMaker does not fail an inference for a capture error either; the server's log has the reason.
                logger.exception("Could not write %d captured requests of %s", len(lines), self._endpoint)

    def _write_on(self) -> None:
        while not self._closed:
            self._wake.wait(_SECONDS)
            self._wake.clear()
            self.flush()

    def _line(
        self, request: bytes, request_type: str, answer: bytes, answer_type: str, inference_id: str | None
    ) -> str:
        data: dict[str, Any] = {}
        if self._modes & {"Input", "InputAndOutput"}:
            data["endpointInput"] = self._side("INPUT", request, request_type)
        if self._modes & {"Output", "InputAndOutput"}:
            data["endpointOutput"] = self._side("OUTPUT", answer, answer_type)
        now = datetime.now(UTC)
        about = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        if inference_id:
            about["inferenceId"] = inference_id
        return json.dumps({"captureData": data, "eventMetadata": about, "eventVersion": "0"}) + "\n"

    def _side(self, mode: str, content: bytes, content_type: str) -> dict[str, str]:
        kind = content_type.partition(";")[0].strip()
        encoding = "BASE64"
        if kind in self._types.get("JsonContentTypes", []):
            encoding = "JSON"
        elif kind in self._types.get("CsvContentTypes", []):
            encoding = "CSV"
        text = base64.b64encode(content).decode() if encoding == "BASE64" else content.decode("utf-8", "replace")
        return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}
