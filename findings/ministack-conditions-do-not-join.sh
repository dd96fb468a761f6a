#!/usr/bin/env bash
# MiniStack 1.5.33: a condition that joins a list parameter is true whatever the list holds.
#
# CloudFormation allows Fn::Join in conditions' Fn::Equals (template reference, "Condition functions"), and the CDK's
# own bootstrap template asks in this way whether a list was given. MiniStack compares the function itself with the
# string, so `Fn::Not: Fn::Equals: [Fn::Join ..., ""]` holds for an empty list and the stack gets what it should not.
# Seen 2026-11-30 on Linux with Python 3.11. Needs PyPI. Exit status 0: unchanged; 1: it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ministack==1.5.33 boto3==1.43.106
export GATEWAY_PORT="${GATEWAY_PORT:-47567}"
"$folder/venv/bin/python" -m ministack >"$folder/log" 2>&1 &
server=$!
"$folder/venv/bin/python" - <<'PYTHON'
import json
import os
import sys
import time

import boto3

cloudformation = boto3.client(
    "cloudformation", endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}", region_name="us-east-1",
    aws_access_key_id="test", aws_secret_access_key="test")
joined = {"Fn::Join": ["", {"Ref": "Names"}]}
template = {
    "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": ""}},
    "Conditions": {"Given": {"Fn::Not": [{"Fn::Equals": ["", joined]}]}},
    "Resources": {
        "Always": {"Type": "AWS::SNS::Topic"},
        "OnlyIfGiven": {"Type": "AWS::SNS::Topic", "Condition": "Given"},
    },
}
for _ in range(60):
    try:
        cloudformation.list_stacks()
        break
    except Exception:
        time.sleep(1)


def resources(name, names):
    parameters = [{"ParameterKey": "Names", "ParameterValue": names}]
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Parameters=parameters)
    while True:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.5)
    found = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    return sorted(each["LogicalResourceId"] for each in found)


empty, given = resources("empty", ""), resources("given", "a,b")
print(f"with an empty list: {empty}; with two names: {given}; expected of the first: ['Always']")
sys.exit(0 if empty == given == ["Always", "OnlyIfGiven"] else 1)
PYTHON
