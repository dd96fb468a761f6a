"""The delivery app's entry: `cdk --app '.venv/bin/python -m delivery' synth -c delivery=delivery/delivery.yaml`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# The CDK runs on Node: the one pinned beside this Python, where the shell's own is another or missing.
_NODE = Path(sys.executable).with_name("node")
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))

import aws_cdk as cdk  # noqa: E402

from contracts.deployment.delivery import FILE  # noqa: E402
from delivery.execution.boundary import UnboundedRoleError  # noqa: E402
from delivery.execution.documents import TooLargeError  # noqa: E402
from delivery.execution.needs import UnknownTypeError  # noqa: E402
from delivery.execution.templates import synthesised  # noqa: E402
from delivery.place import place  # noqa: E402
from delivery.stack import DeliveryStack  # noqa: E402
from environments.delivery import Delivered, SettingsError, load  # noqa: E402
from stacks.deployment import MissingBuildError  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]

_MISTAKES = (SettingsError, MissingBuildError, TooLargeError, UnboundedRoleError, UnknownTypeError)


def add_delivery(app: cdk.App, *, delivered: Delivered, root: Path) -> DeliveryStack:
    """Add the stack, with policies for what the environments' own apps make. Raises one of _MISTAKES."""
    environments = [synthesised(settings, root=root) for settings in delivered.environments]
    return DeliveryStack(
        app, delivered=delivered, environments=environments, place=place(region=delivered.region, root=root)
    )


def main() -> int:
    """Synthesise the delivery stack of one account; 1 and one line on standard error if it cannot be."""
    app = cdk.App(
        analytics_reporting=False, stack_traces=False, context={"aws:cdk:disable-creation-stack-traces": True}
    )
    try:
        delivered = load(app.node.try_get_context("delivery") or FILE, root=ROOT)
        add_delivery(app, delivered=delivered, root=ROOT)
    except _MISTAKES as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    app.synth()
    return 0
