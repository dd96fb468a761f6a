"""`rubric classify`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from contracts import stack_outputs
from ops.api import client
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.terminal import screen


def classify(
    context: typer.Context,
    texts: Annotated[list[str] | None, typer.Argument(metavar="TEXT...", show_default=False)] = None,
    key: Annotated[
        str, typer.Option(envvar="RUBRIC_API_KEY", help="API key (`rubric keys create` makes one).", show_default=False)
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answer unchanged.")] = False,
) -> None:
    """Classify texts over the deployed HTTP API.

    \b
    export RUBRIC_API_KEY=rk_...
    rubric classify "Shares rally as the central bank holds rates"
    rubric classify "First text" "Second text" --json
    rubric classify < headlines.txt        # a text a line, up to 64
    """
    cloud: Cloud = context.obj
    inputs = texts or ([] if sys.stdin.isatty() else [line.strip() for line in sys.stdin if line.strip()])
    if not inputs:
        raise OpsError('Give at least one text, such as: rubric classify "Shares rally"')
    if not key:
        raise OpsError("An API key is needed: --key or RUBRIC_API_KEY; `rubric keys create` makes one")
    answer = client.classify(cloud.stacks.need(stack_outputs.API_URL), key=key, texts=inputs)
    if as_json:
        screen.print_json(answer)
        return
    rows = []
    for text, prediction in zip(inputs, answer["predictions"], strict=True):
        if "probabilities" not in prediction:  # a Bedrock model states none
            rows.append([text, prediction["predicted_label"], "-", ""])
            continue
        ranked = sorted(zip(prediction["probabilities"][0], prediction["labels"], strict=True), reverse=True)
        others = "  ".join(f"{label} {probability:.1%}" for probability, label in ranked[1:4])
        rows.append([text, prediction["predicted_label"], f"{ranked[0][0]:.1%}", others])
    screen.table("Text", "Label", "Probability", "Next", rows=rows, numeric=("Probability",))
    screen.say(f"Model {answer['model_version']}, {answer['latency_ms']:.0f} ms, request {answer['request_id']}")
