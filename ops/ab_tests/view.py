"""Tests in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.ab_tests import evidence, record
from ops.ab_tests import chart
from ops.terminal import screen

_PLOT = 72  # columns
_STEPS = 8
SPLIT = {
    "too-few-units": "too few to say",
    "as-planned": "as planned",
    "not-as-planned": "NOT as planned: latency, errors and labels of the two cannot be compared",
}
BEHAVIOUR = ("Variant", "Texts", "Requests", "Errors", "Answered by the other", "p50 ms", "p90 ms", "p99 ms")


def show(test: Mapping[str, Any]) -> None:
    """Print where a test stands: the verdict, the evidence as a picture, and what happened."""
    screen.line(f"{test['test_id']}  {state(test)}", bold=True)
    screen.line(models(test))
    if test["reason"]:
        screen.line(sentence(test["reason"]))
    for fact in facts(test):
        screen.line(fact, quiet=True)
    picture = chart.drawn(test, width=_PLOT)
    if picture:
        screen.heading("Evidence after each label (* for the goal, . for worse, - decides)")
        for row in picture:
            screen.out.print(row, highlight=False, markup=False)
    if behaviour := variants(test):
        screen.out.print()
        screen.table(*BEHAVIOUR, rows=behaviour, numeric=BEHAVIOUR[1:])
    screen.heading("Steps")
    for step in test["steps"][-_STEPS:]:
        screen.line(said(step))
    if following := what_next(test):
        screen.out.print()
        screen.line(following)


def models(test: Mapping[str, Any]) -> str:
    """Which test of which models it is."""
    what = record.NAMES[test["plan"]["mode"]].capitalize()
    return f"{what} of {test['challenger']['version']} against {test['champion']['version']}"


def state(test: Mapping[str, Any]) -> str:
    """`running`, or the verdict of a test that is decided."""
    if test["phase"] == record.ENDED:
        return str(test["verdict"])
    return f"{test['verdict']} (ending)" if test["phase"] == record.ENDING else str(test["phase"])


def facts(test: Mapping[str, Any]) -> list[str]:
    """What was compared, what is left of the budget, and how the split is."""
    plan, labels = test["plan"], len(test["looks"])
    differ = len(test["disagreements"]) + int(test.get("open", 0))
    compared = int(test["compared"])
    share = f" ({100 * differ / compared:.1f} %)" if compared else ""
    found = [
        f"{compared:,} texts compared, the models differ on {differ:,}{share}; "
        f"{labels:,} of at most {plan['most_labels']:,} labels; until {_minute(plan['ends_at'])} UTC at the latest"
    ]
    if (untrusted := int(test["progress"].get("untrusted", 0))) and test["phase"] == record.RUNNING:
        found.append(f"Texts with labels that do not count, since no trusted key has labelled them yet: {untrusted:,}")
    if plan["goal"] == record.NOT_WORSE and compared and test["phase"] == record.RUNNING:
        usual = evidence.usual_labels(differ=differ / compared, margin=plan["margin"], alpha=plan["alpha"])
        found.append(f"If the models are equally good, about {usual:,} labels usually decide")
    split = test["split"]
    if split:
        what = "texts" if plan["unit"] == "text" else "keys"
        found.append(
            f"Split: {split['challenger']:,} of {split['units']:,} {what} went to the challenger, "
            f"{split['expected']:g} expected: {SPLIT.get(split['state'], split['state'])}"
        )
    return found


def variants(test: Mapping[str, Any]) -> list[list[str]]:
    """Rows of a live test's two variants; [] if none was counted."""
    rows = []
    for name in ("champion", "challenger"):
        counts = test["behaviour"].get(name)
        if counts:
            numbers = (counts["texts"], counts["requests"], counts["errors"], counts["answered_by_other"])
            latency = (counts.get(each) for each in ("p50_ms", "p90_ms", "p99_ms"))
            rows.append(
                [name, *(f"{each:,}" for each in numbers), *("-" if ms is None else f"{ms:g}" for ms in latency)]
            )
    return rows


def what_next(test: Mapping[str, Any]) -> str:
    """What somebody has to do; "" if nothing."""
    waiting = int(test.get("open", 0))
    if test["phase"] == record.RUNNING and waiting:
        texts = f"{waiting:,} texts wait" if waiting > 1 else "A text waits"
        return f"{texts} for a label: on the console's page Label, or GET /v1/queue."
    if test["phase"] != record.ENDED:
        return ""
    if test["verdict"] in record.WINS and not test["promoted"]:
        return f"Serve it with: rubric ab promote {test['test_id']}"
    if test["promoted"] == record.BY_APPROVAL:
        return "It is approved, which starts its promotion."
    return f"Its promotion: {test['promoted']}" if test["promoted"] else "The champion stays."


def listed(tests: Sequence[Mapping[str, Any]]) -> None:
    """Print a line for each test."""
    columns = ("Test", "Mode", "Challenger", "Champion", "State", "Ended", "By")
    rows = [
        [
            test["test_id"],
            test["plan"]["mode"],
            test["challenger"]["version"],
            test["champion"]["version"],
            state(test) + (", promoted" if test["promoted"] else ""),
            _minute(test["ended_at"]) or "-",
            str(test["by"]).rsplit("/", 1)[-1] or "-",
        ]
        for test in tests
    ]
    screen.table(*columns, rows=rows, whole=("Test", "Mode", "Ended"))


def sentence(reason: str) -> str:
    """A reason of the function as a sentence."""
    return f"{reason[:1].upper()}{reason[1:]}{'' if reason.endswith('.') else '.'}"


def said(step: Mapping[str, str]) -> str:
    """A step of a test with its time, to the second."""
    return f"{step['at'][:19].replace('T', ' ')}  {step['what']}"


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")
