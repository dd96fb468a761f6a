"""The report of a run, to attach to a bug: JSON for programs, Markdown for people."""

from __future__ import annotations

import json
import platform
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from environments.settings import Settings
from tools.acceptance import redact
from tools.acceptance.cleanup.leftovers import Left
from tools.acceptance.planning.estimate import Rates
from tools.acceptance.planning.prices import Price
from tools.acceptance.run import FAILED, INTERRUPTED, PASSED, SKIPPED, Run

JSON_NAME, MARKDOWN_NAME = "report.json", "report.md"


def build(
    run: Run, left: Left, *, env: str, started: datetime, prices: dict[str, Price], rates: Rates, why: str
) -> dict[str, Any]:
    """Everything in the report, redacted."""
    seconds = sum(outcome.seconds for outcome in run.outcomes)
    content = {
        "verdict": verdict(run, left),
        "stopped_by": why,
        "environment": env,
        "name": run.name,
        "place": "local AWS" if run.place.is_local else "AWS account",
        "region": run.place.region,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "limits": {"minutes": run.budget.minutes, "dollars": run.budget.dollars},
        "dollars_at_most": round(run.budget.spent, 2) if rates.are_known else None,
        "prices": {name: {"dollars_an_hour": price.dollars, "source": price.source} for name, price in prices.items()},
        "steps": [
            {
                "step": each.step,
                "status": each.status,
                "seconds": round(each.seconds, 1),
                "error": each.error,
                "seen": each.seen,
            }
            for each in run.outcomes
        ],
        "left": left.found,
        "records_that_aws_keeps": left.stays,
        "not_counted": left.uncounted,
        "versions": versions(run.root),
        "settings": shown_settings(run.settings),
    }
    return dict(redact.value(content))


def write(report: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """The report's two files."""
    as_json, as_text = folder / JSON_NAME, folder / MARKDOWN_NAME
    as_json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    as_text.write_text(markdown(report), encoding="utf-8")
    return as_json, as_text


def verdict(run: Run, left: Left) -> str:
    """`passed` if every step passed or was skipped; `interrupted` only if the destroy and the count passed."""
    statuses = {outcome.status for outcome in run.outcomes}
    if FAILED in statuses or not left.is_nothing:
        return FAILED
    if INTERRUPTED in statuses:
        return INTERRUPTED
    return PASSED if statuses <= {PASSED, SKIPPED} else FAILED


def markdown(report: dict[str, Any]) -> str:
    """The report as a page."""
    spent = report["dollars_at_most"]
    lines = [
        f"# Acceptance of `{report['environment']}`: {report['verdict']}",
        "",
        f"`{report['name']}` on a{'n' if report['place'].startswith('A') else ''} {report['place']} in "
        f"{report['region']}, {report['started']}, {report['seconds'] / 60:.0f} minutes, "
        + ("cost unknown" if spent is None else f"{spent:.2f} USD at most for instances"),
        "",
        "| step | status | seconds | |",
        "| --- | --- | ---: | --- |",
        *(
            f"| {each['step']} | {each['status']} | {each['seconds']:.0f} | {_cell(each['error'])} |"
            for each in report["steps"]
        ),
        "",
        "## What is left",
        "",
        *(_listing(report["left"]) or ["Nothing."]),
        *(["", *_listing(report["not_counted"], "not counted: ")] if report["not_counted"] else []),
        *(
            ["", *_listing(report["records_that_aws_keeps"], "a record that AWS keeps: ")]
            if report["records_that_aws_keeps"]
            else []
        ),
        "",
        "## Errors",
        "",
        *(
            [f"{each['step']}:\n\n```text\n{each['error']}\n```\n" for each in report["steps"] if _failed(each)]
            or ["None."]
        ),
        "",
        "## Versions, prices and settings",
        "",
        "```json",
        json.dumps({name: report[name] for name in ("versions", "limits", "prices", "settings")}, indent=2),
        "```",
        "",
        "## What the steps saw",
        "",
        "```json",
        json.dumps({each["step"]: each["seen"] for each in report["steps"]}, indent=2, ensure_ascii=False),
        "```",
    ]
    return "\n".join(lines) + "\n"


def versions(root: Path) -> dict[str, str]:
    """The versions of the software in use."""
    from importlib.metadata import version

    cli = json.loads((root / "node_modules/aws-cdk/package.json").read_text(encoding="utf-8"))["version"]
    return {
        "rubric": _output("git", "describe", "--always", "--dirty", cwd=root),
        "aws-cdk-lib": version("aws-cdk-lib"),
        "aws-cdk (CLI)": cli,
        "boto3": version("boto3"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def shown_settings(settings: Settings) -> dict[str, Any]:
    """The settings without names of people."""
    dumped = settings.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    dumped.pop("account", None)
    dumped.pop("tags", None)
    return dumped


def _output(*command: str, cwd: Path) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except OSError:  # the command does not exist
        return "unknown"
    return done.stdout.strip() or "unknown"


def _listing(resources: dict[str, Any], prefix: str = "") -> list[str]:
    return [
        f"- {prefix}{kind}: {', '.join(names) if isinstance(names, list) else names}"
        for kind, names in resources.items()
    ]


def _failed(step: dict[str, Any]) -> bool:
    return step["status"] in (FAILED, INTERRUPTED)


def _cell(error: str) -> str:
    return error.splitlines()[0].replace("|", "\\|")[:120] if error else ""
