"""What is known of one model, read once; and the evidence that it was at any time since then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from contracts.datasets.ledger import Event
from contracts.logs import drift_report
from contracts.retraining.decision import Cause
from lambda_src.common.intervals import wilson
from lambda_src.retrain.rule import accepted
from lambda_src.retrain.rule.accepted import OldRow
from lambda_src.retrain.rule.evidence import Accuracy, Evidence, Rule, Runs, few
from lambda_src.retrain.rule.gain import Gain, OldWords, asked_words, gain
from lambda_src.retrain.stores.old_rows import Learnt, TrainedRow
from lambda_src.retrain.stores.sample import LabelledText

ALPHA = 0.05  # of the bound on the gain, at all looks together


class OldRowsPort(Protocol):
    """The rows that models were trained on (stores.old_rows.OldRows)."""

    def rows(self, learnt: Learnt) -> Iterable[TrainedRow]: ...


@dataclass(frozen=True, kw_only=True)
class Material:
    """written: UTC, when the model was evaluated. drift: its report, {} for none. no_rows: why the old rows are not
    known, "" if they are. events: of the ledger's rows with news since the model's dataset, by row. newest_version,
    frozen_until: of the dataset, and its newest label, "" where that does not matter. waiting: texts of the audit
    sample whose labels do not count. found_nothing: when the last run was decided that found nothing new, "" if there
    is none.
    """

    model_version: str
    written: str
    labels: list[str]
    reference_accuracy: float | None
    drift: Mapping[str, Any]
    labelled: list[LabelledText]
    events: Mapping[str, list[Event]]
    mapping: Mapping[str, str | None]
    old: Mapping[str, OldRow] = field(default_factory=dict)
    words: OldWords | None = None
    no_rows: str = ""
    untrusted_share: float = 0.1
    newest_version: str = ""
    frozen_until: str = ""
    waiting: int = 0
    found_nothing: str = ""

    def with_old_rows(self, rows: OldRowsPort, learnt: Learnt) -> Material:
        """With what is needed of the rows of the model's dataset. Raises RowsUnknown.

        A row of the test part is no new row either: a freeze knows it.
        """
        asked = asked_words(each.audited for each in self.labelled if each.audited)
        known: dict[str, OldRow] = {}

        def noted() -> Iterable[tuple[str, str]]:
            for row in rows.rows(learnt):
                if (events := self.events.get(row.row_id)) is not None:
                    settled = any(event["event_id"] == row.event_id for event in events)
                    known[row.row_id] = OldRow(label=row.label, settled=settled)
                if row.learnt:
                    yield row.text, row.label

        words = OldWords(noted(), labels=self.labels, asked=asked)
        return replace(self, words=words, old=known)


def evidence(of: Material, rule: Rule, *, at: str, cause: Cause, by: str, runs: Runs) -> Evidence:
    """What was known of the model at a time (UTC), for what has a time: labels, events and alarms."""
    labelled = [each for each in of.labelled if each.labelled_at <= at]
    events = {row_id: [event for event in found if event["time"] <= at] for row_id, found in of.events.items()}
    rows = accepted.accepted(
        {row_id: found for row_id, found in events.items() if found},
        mapping=of.mapping,
        labels=of.labels,
        old=of.old,
        untrusted_share=of.untrusted_share,
        frozen_until=max(of.frozen_until, of.found_nothing),
    )
    found, no_gain = _gain(of, rule, labelled, rows)
    status, reason = _drift(of.drift, at)
    return Evidence(
        at=at,
        cause=cause,
        by=by,
        model_version=of.model_version,
        model_since=of.written,
        drift=status,
        drift_reason=reason,
        reference_accuracy=of.reference_accuracy,
        accuracy=_accuracy(labelled),
        waiting=of.waiting,
        rows=rows.counts,
        newest_version=of.newest_version,
        found_nothing=of.found_nothing if of.found_nothing > of.frozen_until else "",
        gain=found,
        no_gain=no_gain,
        texts_a_day=_texts_a_day(of.drift),
        runs=runs,
    )


def _gain(of: Material, rule: Rule, labelled: list[LabelledText], rows: accepted.Accepted) -> tuple[Gain | None, str]:
    texts = [each.audited for each in labelled if each.audited]
    if of.words is None:
        return None, of.no_rows or "the rows that the model learnt from are not known"
    if len(texts) < rule.fewest_labels:
        lost = len(labelled) - len(texts)
        gone = f" ({lost} more have no text any more)" if lost else ""
        said = f"{few(len(texts), of.waiting)}{gone}, and {rule.fewest_labels} are needed"
        return None, said
    return gain(texts, rows.rows, of.words, alpha=ALPHA), ""


def _accuracy(labelled: list[LabelledText]) -> Accuracy | None:
    if not labelled:
        return None
    right = sum(each.right for each in labelled)
    low, high = wilson(right, len(labelled))
    return Accuracy(texts=len(labelled), right=right, low=low, high=high)


def _drift(report: Mapping[str, Any], at: str) -> tuple[str, str]:
    """The status at a time: an alarm since then was not known yet."""
    status, reason = str(report.get("status", "")), str(report.get("reason", ""))
    alarms = [stream["alarm"]["time"] for stream in report.get("streams", []) if stream["alarm"]]
    if status == drift_report.DRIFT and alarms and min(alarms) > at:
        return drift_report.STEADY, "Nothing had drifted yet."
    return status, reason


def _texts_a_day(report: Mapping[str, Any]) -> float | None:
    """The mean since the model answers; in less than a day, what came counts as a day's. None where it is unknown."""
    texts = report.get("counted", {}).get("texts", 0)
    if not texts or not report.get("since") or not report.get("until"):
        return None
    lasted = datetime.fromisoformat(report["until"]) - datetime.fromisoformat(report["since"])
    return float(texts / max(lasted / timedelta(days=1), 1.0))
