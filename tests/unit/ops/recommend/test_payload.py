"""Tests the sample requests that Inference Recommender sends."""

import io
import tarfile

from ops.recommend.payload import packed


def test_the_payload_has_a_file_for_each_request():
    texts = ["one", "two", "three"]
    content = packed(texts, per_request=2)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["request-000.json", "request-001.json"]
        assert archive.extractfile("request-000.json").read() == b'{"inputs": ["one", "two"]}'  # type: ignore[union-attr]
