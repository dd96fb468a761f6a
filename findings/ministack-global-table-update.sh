#!/usr/bin/env bash
# MiniStack 1.5.33: a stack update that changes one tag of an AWS::DynamoDB::GlobalTable replaces the table with an
# empty one that has another name. AWS documents "No interruption" for Replicas: only a change of KeySchema,
# LocalSecondaryIndexes or TableName is a replacement (CloudFormation template reference, AWS::DynamoDB::GlobalTable).
# Seen 2026-11-29: before ['s-T-FF084D3C5A2B4'] with 1 item, after ['s-s-T-FF084D3C5A2B4-D57E8371C2A18'] with 0.
# Needs Python 3.11 and PyPI. Exit status 0: unchanged; 1: it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ministack==1.5.33 boto3==1.43.106
export GATEWAY_PORT="${GATEWAY_PORT:-47566}"
"$folder/venv/bin/python" -m ministack >"$folder/log" 2>&1 &
server=$!
"$folder/venv/bin/python" - <<'PYTHON'
import json, os, sys, time, boto3

def client(service):
    return boto3.client(service, endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}", region_name="us-east-1",
                        aws_access_key_id="test", aws_secret_access_key="test")

def template(tag):
    table = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
             "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
             "Replicas": [{"Region": "us-east-1", "Tags": [{"Key": "team", "Value": tag}]}]}
    return json.dumps({"Resources": {"T": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": table}}})

def ended():
    while True:
        status = client("cloudformation").describe_stacks(StackName="s")["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            return status
        time.sleep(0.5)

dynamodb, cloudformation = client("dynamodb"), client("cloudformation")
for _ in range(60):
    try:
        dynamodb.list_tables()
        break
    except Exception:
        time.sleep(1)
cloudformation.create_stack(StackName="s", TemplateBody=template("a"))
assert ended() == "CREATE_COMPLETE"
before = dynamodb.list_tables()["TableNames"]
dynamodb.put_item(TableName=before[0], Item={"id": {"S": "1"}})
cloudformation.update_stack(StackName="s", TemplateBody=template("b"))
print(ended())
after = dynamodb.list_tables()["TableNames"]
items = sum(len(dynamodb.scan(TableName=name)["Items"]) for name in after)
print(f"before {before} with 1 item, after {after} with {items}")
sys.exit(0 if before != after and items == 0 else 1)
PYTHON
