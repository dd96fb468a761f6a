"""From a decision to a run that is started once, wherever the function or the machine is killed.

A decision that trains reserves its run in the ledger of runs, then is kept, and only then does the machine start the
run, under a name made of the decision's id, which Step Functions starts only once.
"""

from __future__ import annotations

from dataclasses import replace

from contracts.budget import spending
from contracts.budget.spending import Entry
from contracts.retraining import decision, runs
from contracts.retraining.decision import Cause, Decision
from contracts.retraining.runs import Run
from lambda_src.retrain import look
from lambda_src.retrain.look import Stores
from lambda_src.retrain.material import Material, evidence
from lambda_src.retrain.rule.decide import decide
from lambda_src.retrain.rule.evidence import Evidence, Rule, Runs


def decided(
    stores: Stores, rule: Rule, *, of: Material | None, at: str, execution: str, cause: Cause, by: str
) -> Decision:
    """Decide, reserve the run if there is one, and keep the decision; an execution's decision is made once."""
    decision_id = decision.id_of(execution)
    before = stores.documents.decision(decision.key_of(at, decision_id))
    stands = before or stores.documents.keep(
        _reserved(stores, rule, of=of, at=at, decision_id=decision_id, execution=execution, cause=cause, by=by)
    )
    # Of two calls for one execution, another may have been kept: the ledger has to say the same.
    if stands["outcome"] == decision.TRAIN:
        _ensure(stores, _run(stands, execution))
    else:
        _release(stores, decision_id)
    return stands


def noted(stores: Stores, *, at: str) -> list[Run]:
    """The ledger of runs, in which every run is as it stands."""
    return stores.documents.change_runs(lambda found, _: [stores.executions.settled(run, now=at) for run in found])


def seen(of: Material | None, rule: Rule, *, at: str, cause: Cause, by: str, standing: Runs) -> Evidence:
    """The evidence; without a model there is none but what stands against a run."""
    if of is None:
        return Evidence(
            at=at, cause=cause, by=by, model_version="", no_gain="no model has been approved yet", runs=standing
        )
    return evidence(of, rule, at=at, cause=cause, by=by, runs=standing)


def _reserved(
    stores: Stores,
    rule: Rule,
    *,
    of: Material | None,
    at: str,
    decision_id: str,
    execution: str,
    cause: Cause,
    by: str,
) -> Decision:
    """The decision by the ledger of runs as it is when the run is reserved in it."""
    # What does not depend on the ledger is computed once.
    found, beside = seen(of, rule, at=at, cause=cause, by=by, standing=Runs()), look.beside(stores)
    made: list[Decision] = []

    def change(ledger: list[Run], entries: list[Entry]) -> list[Run] | None:
        settled = [stores.executions.settled(run, now=at) for run in ledger]
        others = [run for run in settled if run["decision_id"] != decision_id]
        # After the ledger was read: whoever starts a run later changes the ledger first.
        more = replace(beside, beside=spending.spent_beside(entries, at=at))
        standing = look.against(others, at=at, running=stores.executions.running(others), more=more)
        made.append(decide(replace(found, runs=standing), rule, decision_id=decision_id))
        return [*others, _run(made[-1], execution)] if made[-1]["outcome"] == decision.TRAIN else settled

    stores.documents.change_runs(change)
    return made[-1]


def _run(made: Decision, execution: str) -> Run:
    return {
        "decision_id": made["decision_id"],
        "at": made["at"],
        "execution": execution,
        "price": made["price"],
        "state": runs.RESERVED,
    }


def _ensure(stores: Stores, run: Run) -> None:
    def change(ledger: list[Run], _: list[Entry]) -> list[Run] | None:
        known = any(each["decision_id"] == run["decision_id"] for each in ledger)
        return None if known else [*ledger, run]

    stores.documents.change_runs(change)


def _release(stores: Stores, decision_id: str) -> None:
    stores.documents.change_runs(lambda ledger, _: [run for run in ledger if run["decision_id"] != decision_id])
