"""A model's training in the terminal: leak, export, duration, cost, and its mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.models.evaluation import Cost, Evaluation, Influence, Leak, ModelChoice
from ops.terminal import screen
from ops.terminal.screen import figure, percent

LABELS = 10  # changed ones that are listed


def leak(measured: Leak | None) -> None:
    """Print how many test texts would have copies in training under a random split; nothing if it was not measured."""
    if not measured:
        return
    screen.heading("What a random split would have leaked")
    columns = ("", "Test texts with a copy in training", "Accuracy of the baseline")
    rows = [
        ["random split", percent(measured.get("random_split_share")), figure(measured.get("baseline_accuracy_random"))],
        ["this split", percent(measured.get("this_split_share")), figure(measured.get("baseline_accuracy_this"))],
    ]
    screen.table(*columns, rows=rows, numeric=columns[1:])


def kinds(model: ModelChoice | None) -> None:
    """Print which kind of model serves and why; nothing for an evaluation that does not say."""
    if not model:
        return
    screen.heading("Which model serves")
    columns = ("", "Kind", "Log loss, validation", "Accuracy, test", "Macro F1, test", "ms per text")
    rows = [
        [
            "*" if each.get("kind") == model.get("served") else "",
            str(each.get("kind", "-")),
            figure(each.get("valid_log_loss")),
            figure(each.get("test_accuracy")),
            figure(each.get("test_macro_f1")),
            figure(each.get("ms_per_text")),
        ]
        for each in model.get("candidates") or []
    ]
    if rows:
        screen.table(*columns, rows=rows, numeric=columns[2:])
    weights = ", ".join(f"{name} {_two(each)}" for name, each in (model.get("weights") or {}).items())
    asked = (
        f"{model.get('served', '-')} (asked for: {model.get('asked', '-')}{f'; weights {weights}' if weights else ''})"
    )
    screen.line(f"{asked}: {model.get('reason', '-')}.", quiet=True)


def export(evaluation: Evaluation) -> None:
    """Print the forms in which the model was exported, and which one serves."""
    candidates = (evaluation.get("export") or {}).get("candidates") or []
    served = evaluation.get("served_precision", "-")
    screen.heading("Export")
    if candidates:
        columns = ("", "Precision", "Agreement", "Accuracy", "Largest diff.", "ms per text", "MB")
        rows = [
            [
                "*" if each.get("precision") == served else "",
                str(each.get("precision", "-")),
                _agreement(each.get("agreement")),
                figure(each.get("accuracy")),
                figure(each.get("max_probability_difference")),
                figure(each.get("ms_per_text")),
                _two(each.get("megabytes")),
            ]
            for each in candidates
        ]
        screen.table(*columns, rows=rows, numeric=columns[2:])
        screen.line(str((evaluation.get("export") or {}).get("reason", "")), quiet=True)
    elif evaluation.get("int8_agreement") is None:
        screen.line(f"{served}, not exported")
    else:
        screen.line(f"{served}, agrees with float32 on {_agreement(evaluation.get('int8_agreement'))}")


def run(evaluation: Evaluation) -> None:
    """Print data, fit, duration and cost."""
    cost = evaluation.get("cost") or {}
    screen.heading("Training")
    rows = [["data", _counts(evaluation)]]
    if evaluation.get("split"):
        rows.append(["split", str(evaluation["split"])])
    changed = (evaluation.get("data") or {}).get("label_mapping") or []
    if changed:
        rows.append(["labels", "; ".join(map(_changed, changed[:LABELS])) + ("; ..." if len(changed) > LABELS else "")])
    fitted = f"{screen.duration(evaluation.get('train_seconds'))} in {evaluation.get('train_precision', '-')}"
    if evaluation.get("texts_per_second"):
        fitted += f", {evaluation['texts_per_second']:,.0f} texts/s"
    if evaluation.get("processes", 1) > 1:
        fitted += f", {evaluation['processes']} processes"
    if evaluation.get("epochs"):
        best = evaluation.get("kept_epoch")
        fitted += f", epoch {best:g} of {len(evaluation['epochs'])} kept" if best is not None else ""
        fitted += ", stopped early" if evaluation.get("stopped_early") else ""
    if evaluation.get("resumed_from_step"):
        fitted += f", resumed from step {evaluation['resumed_from_step']}"
    if evaluation.get("restarted"):
        fitted += ", started again" + (", learned nothing" if evaluation.get("learned_nothing") else "")
    rows.append(["fit", fitted])
    if evaluation.get("job_seconds") is not None or cost:
        rows.append(["job", f"{screen.duration(evaluation.get('job_seconds'))}, {_cost(cost)}"])
    screen.table("", "", rows=rows)


def _changed(label: Mapping[str, Any]) -> str:
    """What data.labels made of a label of the file."""
    became = "left out" if label.get("becomes") is None else f"is now {label['becomes']}"
    return f"{label.get('label')} {became} ({label.get('rows', 0):,} rows)"


def _counts(evaluation: Evaluation) -> str:
    counts = evaluation.get("counts") or {}
    sizes = ", ".join(f"{name} {counts[name]:,}" for name in ("train", "valid", "test") if name in counts) or "-"
    digest = evaluation.get("dataset_sha256")
    version = evaluation.get("dataset_version")
    named = f", {version} (manifest {str(evaluation.get('manifest_sha256'))[:12]})" if version else ""
    return f"{sizes} texts" + named + (f", SHA-256 {str(digest)[:12]}" if digest else "")


def _cost(cost: Cost) -> str:
    if not cost:
        return "cost not known"
    where = f"{cost.get('instance_count', 1)} x {cost.get('instance_type') or 'this machine'}"
    usd = cost.get("usd")
    price = f"${usd:.4f}" if isinstance(usd, int | float) else "price not known"
    note = str(cost.get("note") or "").partition(":")[0]
    return f"{price} on {where}" + (f" ({note})" if note else "")


def mistakes(evaluation: Evaluation, count: int) -> None:
    """Print the `count` most confident mistakes, with the words that caused them."""
    listed = (evaluation.get("mistakes") or [])[:count]
    screen.heading("Most confident mistakes")
    if not listed:
        screen.line("None recorded.")
        return
    rows = [
        [
            str(each.get("text", "")),
            str(each.get("truth", "")),
            f"{each.get('predicted', '')} {percent(each.get('confidence'))}",
            ", ".join(str(word.get("word")) for word in _moving(each.get("words") or [])),
        ]
        for each in listed
    ]
    screen.table("Text", "Is", "Predicted", "Because of", rows=rows)


def _moving(words: Sequence[Influence]) -> list[Influence]:
    """The three words that raised the wrong label's probability most."""
    raised = [word for word in words if (word.get("influence") or 0) > 0]
    return sorted(raised, key=lambda word: -float(word["influence"]))[:3]


def _agreement(value: float | None) -> str:
    """A share with two decimals, because the threshold is 99.5 %."""
    return "-" if value is None else f"{value:.2%}"


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
