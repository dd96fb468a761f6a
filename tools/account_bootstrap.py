"""`make account-bootstrap`: bootstraps an account's regions as its delivery stack says, by the pinned CDK CLI.

The stack's outputs have the whole command for each region (contracts/deployment/delivery.py).
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from contracts.deployment.delivery import BOOTSTRAP_COMMAND, FILE
from environments.delivery import SettingsError, load
from ops.deployment import stacks
from tools.delivery import cdk
from tools.delivery.cdk import ROOT
from tools.delivery.errors import DeliveryError

_CLI = ["npx", "cdk"]


def main(arguments: list[str] | None = None) -> int:
    """The CLI's exit status; 1 and one line on standard error where the stack does not say what to do."""
    parser = argparse.ArgumentParser(prog="account_bootstrap", description=__doc__)
    parser.add_argument("--account", default=FILE, help=f"the account's settings (default {FILE})")
    options = parser.parse_args(arguments)
    try:
        delivered = load(options.account, root=ROOT)
        client = boto3.client("cloudformation", region_name=delivered.region)
        found = list(commands(stacks.described(client, delivered.stack_name)))
        if not found:
            raise DeliveryError(
                f"{delivered.stack_name} is not deployed in {delivered.region}: make account-deploy first"
            )
        # Outside the app's folder, whose cdk.json would be synthesised first.
        with tempfile.TemporaryDirectory(prefix="rubric-bootstrap-") as outside:
            return next((status for words in found if (status := cdk.run(words, cwd=Path(outside)))), 0)
    except (SettingsError, DeliveryError, ClientError, BotoCoreError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def commands(stack: dict[str, Any] | None) -> Iterator[list[str]]:
    """The CLI's arguments for each region, of a stack as CloudFormation describes it; None: there is none."""
    for output in sorted((stack or {}).get("Outputs", []), key=lambda each: str(each["OutputKey"])):
        if str(output["OutputKey"]).startswith(BOOTSTRAP_COMMAND):
            yield shlex.split(output["OutputValue"])[len(_CLI) :]


if __name__ == "__main__":
    sys.exit(main())
