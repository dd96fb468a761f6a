"""What was traced, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.terminal import screen
from ops.trace.models import Origin
from ops.trace.request import Answered
from ops.trace.row import Traced


def answered(found: Answered) -> None:
    """A request, and what its answers rest on."""
    first = found.texts[0]
    screen.line(f"Request {found.request_id}, {first.get('time', '')}, key {first.get('key_id', '-')}", bold=True)
    columns = ("Position", "Status", "Label", "Confidence", "Backend", "Model", "Variant", "Test", "Feedback")
    rows = [
        [
            str(each.get("position", "")),
            str(each.get("status", "-")),
            str(each.get("label", "-")),
            screen.figure(each.get("confidence")),
            str(each.get("backend", "-")),
            str(each.get("model_version", "-")),
            str(each.get("variant", "-")),
            str(each.get("ab_test", "-")),
            str(each.get("feedback_label", "-")),
        ]
        for each in found.texts
    ]
    screen.table(*columns, rows=rows, numeric=("Position", "Confidence"), whole=("Model",))
    _problems(found.problems)
    for origin in found.origins:
        _origin(origin)


def _origin(origin: Origin) -> None:
    model = origin.model
    screen.heading(f"Model {model.version}")
    verdict = {True: "passed the gate", False: "was refused by the gate", None: "has no verdict"}[model.passed]
    screen.line(f"It {verdict}: {model.reason}" if model.reason else f"It {verdict}.")
    for each in origin.served:
        by = f", by {each['by']}" if each["by"] else ""
        kind = " (a rollback)" if each["rollback"] else ""
        screen.line(f"{each['at']}  {each['what']}{kind}{by}{': ' + each['reason'] if each['reason'] else ''}")
    if origin.run:
        screen.line(f"Run: the training job {origin.run['job']}, {screen.duration(origin.run['seconds'])}")
    if origin.decision:
        made = origin.decision
        screen.line(f"Started by the decision {made['decision_id']} of {made['at']} ({made['by']}): {made['reason']}")
    if origin.dataset:
        dataset = origin.dataset
        screen.line(f"Dataset version {dataset['version']} of {dataset['created']}, {dataset['rows']:,} rows:")
        screen.table(
            "Origin of the rows",
            "Rows",
            "By label",
            rows=[_of_origin(name, counts) for name, counts in sorted(dataset["counts"].items())],
            numeric=("Rows",),
        )
    _problems(origin.problems)


def _problems(problems: Sequence[str]) -> None:
    for problem in problems:
        screen.line(f"Not known: {problem}.")


def _of_origin(name: str, counts: Mapping[str, Any]) -> list[str]:
    labels = ", ".join(f"{label} {count:,}" for label, count in sorted(counts.items()))
    return [name, f"{sum(counts.values()):,}", labels]


def row(found: Traced) -> None:
    """A row's labels, its dataset versions and the models."""
    screen.line(f"Row {found.row_id}", bold=True)
    if found.events:
        screen.heading("Labels that came in")
        rows = [
            [
                str(each.get("time", "")),
                str(each.get("kind", "")),
                str(each.get("source", "")),
                str(each.get("label", "-")),
                "yes" if each.get("trusted") else "no",
                str(each.get("labeller") or each.get("key_id") or "-"),
                str(each.get("request_id", "-")),
            ]
            for each in found.events
        ]
        screen.table("UTC", "Event", "Source", "Label", "Trusted", "By", "Request", rows=rows, whole=("UTC",))
    if found.versions:
        screen.heading("Dataset versions with it")
        rows = [
            [each["version"], each.get("part", "-"), each.get("label", "-"), each.get("origin", "-")]
            for each in found.versions
        ]
        screen.table("Version", "Part", "Label", "Origin", rows=rows)
    else:
        screen.line("No dataset version has it: `rubric data review` lists the rows that wait, each with its reason.")
    screen.heading("Models")
    if not found.models:
        screen.line("No model was trained on a dataset version with it.")
    else:
        gate = {True: "passed", False: "refused", None: "-"}
        rows = [
            [
                *("*" if each.approved else "", each.version, each.dataset_version),
                *(each.how, each.label, gate[each.passed]),
            ]
            for each in found.models
        ]
        screen.table("", "Model", "Dataset", "How", "Label", "Gate", rows=rows, whole=("Model",))
    _problems(found.problems)
