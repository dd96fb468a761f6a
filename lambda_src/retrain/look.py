"""Reads what a decision rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from contracts.retraining import runs as ledger_of_runs
from contracts.retraining.runs import Run
from lambda_src.common.times import written
from lambda_src.retrain.material import Material
from lambda_src.retrain.rule.evidence import Runs
from lambda_src.retrain.stores.documents import Documents
from lambda_src.retrain.stores.executions import Executions
from lambda_src.retrain.stores.new_rows import NewRows
from lambda_src.retrain.stores.old_rows import Learnt, OldRows, RowsUnknown
from lambda_src.retrain.stores.sample import LabelledText, Sample

# How far back the ledger of labels is read for a model that was not trained on a dataset version.
FURTHEST = timedelta(days=90)
_NOTHING = Runs()


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Everything that is read. labels_uri: of `data.labels`; days: that the request log is kept."""

    documents: Documents
    sample: Sample
    new_rows: NewRows
    old_rows: OldRows
    executions: Executions
    labels_uri: str
    days: int
    untrusted_share: float


def material(stores: Stores, model_version: str, *, at: str, labelled: list[LabelledText] | None = None) -> Material:
    """Of a model. labelled: its texts of the audit sample, if they were read already."""
    now = datetime.fromisoformat(at)
    known, mapping = stores.documents.model(model_version), stores.documents.labels(stores.labels_uri)
    evaluation = known.evaluation if known else {}
    waiting = 0
    if labelled is None:
        labelled, waiting = stores.sample.labelled(today=now.date(), days=stores.days, only=model_version)
    learnt, why = _learnt(stores, model_version, evaluation)
    since = max(learnt.until if learnt else "", written(now - FURTHEST))
    newest_version, frozen_until = stores.old_rows.newest()
    found = Material(
        model_version=model_version,
        written=known.written if known else "",
        labels=_labels(evaluation),
        reference_accuracy=_figure(evaluation.get("accuracy")),
        drift=stores.documents.drift(model_version),
        labelled=labelled,
        waiting=waiting,
        events=stores.new_rows.since(since, today=now.date()),
        mapping=mapping,
        no_rows=why,
        untrusted_share=stores.untrusted_share,
        newest_version=newest_version,
        frozen_until=frozen_until,
        found_nothing=ledger_of_runs.found_nothing(settled(stores, at=at)),
    )
    if learnt is None:
        return found
    try:
        return found.with_old_rows(stores.old_rows, learnt)
    except RowsUnknown as error:
        return replace(found, no_rows=str(error))


def settled(stores: Stores, *, at: str) -> list[Run]:
    """The ledger of runs, in which every run is as it stands."""
    return [stores.executions.settled(run, now=at) for run in stores.documents.runs()[0]]


def standing(stores: Stores, *, at: str) -> Runs:
    """What stands against a run now."""
    ledger = settled(stores, at=at)
    more = replace(beside(stores), beside=stores.documents.spent_beside(at))
    return against(ledger, at=at, running=stores.executions.running(ledger), more=more)


def beside(stores: Stores) -> Runs:
    """What stands against a run and is not in the ledger of runs."""
    erased = not stores.old_rows.newest()[0] and stores.new_rows.erased()
    return Runs(test=stores.documents.test(), erased=erased)


def against(ledger: list[Run], *, at: str, running: list[str], more: Runs = _NOTHING) -> Runs:
    """What the ledger of runs says against another run, and what `more` says. running: executions by name."""
    begun, month = ledger_of_runs.begun(ledger), ledger_of_runs.paid_in_month(ledger, at)
    reserved = [run["decision_id"] for run in begun if run["state"] == ledger_of_runs.RESERVED]
    return replace(
        more,
        running=running,
        starting=reserved[-1] if reserved else "",
        last_started=max((run["at"] for run in begun), default=""),
        spent=sum(run["price"] or 0.0 for run in month),
        counted=len(month),
        unpriced=sum(run["price"] is None for run in month),
    )


def _learnt(stores: Stores, model_version: str, evaluation: dict[str, Any]) -> tuple[Learnt | None, str]:
    try:
        return stores.old_rows.of_model(model_version, evaluation), ""
    except RowsUnknown as error:
        return None, str(error)


def _labels(evaluation: dict[str, Any]) -> list[str]:
    found = evaluation.get("labels")
    return [str(label) for label in found] if isinstance(found, list) else []


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
