"""Reads what a decision rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.retraining import runs as ledger_of_runs
from contracts.retraining.runs import Run
from lambda_src.retrain.material import Material
from lambda_src.retrain.rule.evidence import Runs
from lambda_src.retrain.stores.documents import Documents
from lambda_src.retrain.stores.executions import Executions
from lambda_src.retrain.stores.new_rows import NewRows
from lambda_src.retrain.stores.old_rows import Learnt, OldRows, RowsUnknown
from lambda_src.retrain.stores.sample import LabelledText, Sample

# How far back the ledger of labels is read for a model that was not trained on a dataset version.
FURTHEST = timedelta(days=90)


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
    )
    if learnt is None:
        return found
    try:
        return found.with_old_rows(stores.old_rows, learnt)
    except RowsUnknown as error:
        return Material(**{**vars(found), "no_rows": str(error)})


def standing(stores: Stores, *, at: str, but: str = "") -> tuple[Runs, list[Run]]:
    """What stands against a run now, and the settled ledger of runs. but: the decision that asks."""
    found, _ = stores.documents.runs()
    settled = [stores.executions.settled(run, now=at) for run in found]
    running, test = stores.executions.running(settled), stores.documents.test()
    return against(settled, at=at, running=running, test=test, but=but), settled


def against(ledger: list[Run], *, at: str, running: list[str], test: str = "", but: str = "") -> Runs:
    """What the ledger of runs says against another run. test: the one that runs; but: the decision that asks."""
    others = [run for run in ledger if run["decision_id"] != but]
    month, counted = ledger_of_runs.of_month(others, at), ledger_of_runs.counted(others)
    reserved = [run["decision_id"] for run in counted if run["state"] == ledger_of_runs.RESERVED]
    return Runs(
        running=running,
        starting=reserved[-1] if reserved else "",
        test=test,
        last_started=max((run["at"] for run in counted), default=""),
        spent=sum(run["price"] or 0.0 for run in month),
        counted=len(month),
        unpriced=sum(run["price"] is None for run in month),
    )


def written(moment: datetime) -> str:
    """A time as decisions have it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
