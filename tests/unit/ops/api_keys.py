"""Keys made by the command, and their stored records."""

import json

import boto3

from tests.unit.ops.conftest import run

FULL = (
    *("--rate", "20", "--burst", "40", "--daily-quota", "1000", "--scopes", "classify,feedback", "--expires", "90d"),
    "--over-share",
)


def items() -> list[dict]:
    return boto3.client("dynamodb").scan(TableName="keys")["Items"]


def make(capsys, *arguments) -> dict:
    assert run("keys", "create", "--name", "acme", *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)
