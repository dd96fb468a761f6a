#!/usr/bin/env bash
# sagemaker-inference 1.10.1, the toolkit in SageMaker's PyTorch containers: JSON with a charset is an unknown format.
#
# The default decoder looks the whole content type up in a table, so "application/json; charset=utf-8", which many HTTP
# clients send by themselves, is refused as unsupported, in the same words as an image would be. The parameter is
# allowed by HTTP (RFC 9110, 8.3.1), and has no effect for JSON (RFC 8259, 11). An Accept header with one fails alike.
# Expected: the same answer as to "application/json".
# Seen 2026-11-30 on Linux with Python 3.11, numpy 2.1.3. Exit status 0: unchanged; 1: it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  sagemaker-inference==1.10.1 numpy==2.1.3 scipy==1.14.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from sagemaker_inference import decoder, encoder, errors


def outcome(convert, content, content_type):
    try:
        convert(content, content_type)
    except errors.UnsupportedFormatError:
        return "unsupported"
    return "accepted"


seen = {}
for content_type in ("application/json", "application/json; charset=utf-8"):
    seen[content_type] = outcome(decoder.decode, '["a"]', content_type), outcome(encoder.encode, ["a"], content_type)
    print(f"{content_type}: as a request {seen[content_type][0]}, as an answer {seen[content_type][1]}")
unchanged = list(seen.values()) == [("accepted", "accepted"), ("unsupported", "unsupported")]
print("as described" if unchanged else "changed")
sys.exit(0 if unchanged else 1)
PYTHON
