#!/usr/bin/env bash
# sagemaker-inference 1.10.1, the toolkit in SageMaker's PyTorch containers: its text/csv is not CSV where texts are in it.
#
# The default decoder is numpy's genfromtxt: quotes mean nothing to it, so a text is cut at its commas, and the rest of a
# line after a "#" is dropped as a comment. A batch transform's CSV of headlines comes to the model with other columns than
# it was written with. The default encoder writes no quotes either, so an answer with a comma in it cannot be read back.
# Expected: the fields that Python's csv module writes are the fields that the decoder returns, and the other way round.
# Seen 2026-11-30 on Linux with Python 3.11, numpy 2.1.3. Exit status 0: unchanged; 1: it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  sagemaker-inference==1.10.1 numpy==2.1.3 scipy==1.14.1
"$folder/venv/bin/python" - <<'PYTHON'
import csv
import io
import sys

from sagemaker_inference import decoder, encoder

quoted = io.StringIO()
csv.writer(quoted).writerow(["Fed raises rates, again", "b"])
cases = {
    "a quoted comma, decoded": (decoder.decode(quoted.getvalue(), "text/csv").tolist(), ['"Fed raises rates', ' again"', "b"]),
    "a number sign, decoded": (decoder.decode("Album climbs to #1 in a week,e\n", "text/csv").tolist(), "Album climbs to"),
    "a comma, encoded": (encoder.encode([["Fed raises rates, again", "b"]], "text/csv"), "Fed raises rates, again,b\n"),
}
for name, (seen, _) in cases.items():
    print(f"{name}: {seen!r}")
unchanged = all(seen == described for seen, described in cases.values())
print("as described" if unchanged else "changed")
sys.exit(0 if unchanged else 1)
PYTHON
