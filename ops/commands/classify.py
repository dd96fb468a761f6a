"""`rubric classify`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from contracts.api.listing import MAX_TOP_K, MIN_TOP_K
from contracts.deployment import stack_outputs
from ops.api import client
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.terminal import screen

NEXT_LABELS = 3  # shown after the first


def classify(
    context: typer.Context,
    texts: Annotated[list[str] | None, typer.Argument(metavar="TEXT...", show_default=False)] = None,
    key: Annotated[
        str, typer.Option(envvar="RUBRIC_API_KEY", help="API key (`rubric keys create` makes one).", show_default=False)
    ] = "",
    top_k: Annotated[
        int | None,
        typer.Option(
            min=MIN_TOP_K, max=MAX_TOP_K, help="How many labels to list (default: the API's).", show_default=False
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Below this probability an answer is uncertain (default: the API's).", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answer unchanged.")] = False,
) -> None:
    """Classify texts over the deployed HTTP API.

    \b
    export RUBRIC_API_KEY=rk_...
    rubric classify "A text to classify"
    rubric classify "First text" "Second text" --json
    rubric classify "A text to classify" --top-k 3 --threshold 0.6
    rubric classify < texts.txt        # a text a line, up to 64
    """
    cloud: Cloud = context.obj
    inputs = texts or ([] if sys.stdin.isatty() else [line.strip() for line in sys.stdin if line.strip()])
    if not inputs:
        raise OpsError('Give at least one text, such as: rubric classify "A text to classify"')
    if not key:
        raise OpsError("An API key is needed: --key or RUBRIC_API_KEY; `rubric keys create` makes one")
    url = cloud.stacks.need(stack_outputs.API_URL)
    answer = client.classify(url, key=key, texts=inputs, top_k=top_k, threshold=threshold)
    if as_json:
        screen.print_json(answer)
        return
    rows = [
        [text, *_cells(prediction, next_labels=(top_k or NEXT_LABELS + 1) - 1)]
        for text, prediction in zip(inputs, answer["predictions"], strict=True)
    ]
    screen.table("Text", "Label", "Probability", "Next", rows=rows, numeric=("Probability",))
    screen.say(f"Model {answer['model_version']}, {answer['latency_ms']:.0f} ms, request {answer['request_id']}")


def _cells(prediction: dict[str, Any], *, next_labels: int) -> list[str]:
    """A row's cells after the text: the label, its probability, and the labels that come next."""
    if "probabilities" not in prediction:  # a Bedrock model states none
        return [prediction["predicted_label"], "-", ""]
    label = (
        f"{prediction['predicted_label']} (uncertain)" if prediction.get("uncertain") else prediction["predicted_label"]
    )
    ranked = sorted(zip(prediction["probabilities"][0], prediction["labels"], strict=True), reverse=True)
    others = "  ".join(f"{name} {probability:.1%}" for probability, name in ranked[1 : next_labels + 1])
    return [label, f"{ranked[0][0]:.1%}", others]
