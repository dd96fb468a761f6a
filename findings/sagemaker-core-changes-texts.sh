#!/usr/bin/env bash
# sagemaker-core 2.27.0, AWS's SDK for SageMaker: its own serializers and deserializers change the texts that they carry.
#
# CSVSerializer quotes a table but not a list: each text becomes a line as it is, so a comma makes two columns of it. Two
# texts of which one has a line break become three rows. CSVDeserializer drops a line break inside quotes and so joins two words.
# JSONLinesSerializer sends one record, a dict, as the names of its fields; their values are lost without an error.
# Expected: what Python's csv module writes and reads, and one line for one record.
# Seen 2026-11-30 on Linux with Python 3.11. Exit status 0: unchanged; 1: it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check sagemaker-core==2.27.0 pandas==3.1.1
"$folder/venv/bin/python" - 2>/dev/null <<'PYTHON'
import io
import sys

from sagemaker.core.deserializers import CSVDeserializer
from sagemaker.core.serializers import CSVSerializer, JSONLinesSerializer

cases = {
    "a table, written": (CSVSerializer().serialize([["Fed raises rates, again"]]), '"Fed raises rates, again"'),
    "a list, written": (CSVSerializer().serialize(["Fed raises rates, again"]), "Fed raises rates, again"),
    "two texts, written": (CSVSerializer().serialize(["Fed raises\nrates", "b"]), "Fed raises\nrates\nb"),
    "a line break, read": (CSVDeserializer().deserialize(io.BytesIO(b'"raises\nrates",b\n'), "text/csv"), [["raisesrates", "b"]]),
    "a record, written": (JSONLinesSerializer().serialize({"text": "Fed raises rates"}), '"text"'),
}
for name, (seen, _) in cases.items():
    print(f"{name}: {seen!r}")
unchanged = all(seen == described for seen, described in cases.values())
print("as described" if unchanged else "changed")
sys.exit(0 if unchanged else 1)
PYTHON
