"""The decision: one function of what was seen and the settings. No I/O and no clock."""

from __future__ import annotations

from contracts.logs import drift_report
from contracts.retraining import decision
from contracts.retraining.decision import Clause, Decision, Outcome
from lambda_src.retrain.rule import conditions, reasons
from lambda_src.retrain.rule.evidence import Evidence, Rule

_AGAINST = ("dataset", "single-flight", "test", "cool-down", "budget")
# A person waits for no test and no cool-down, and may say that a run is worth a price that is not known.
_AGAINST_A_PERSON = ("dataset", "single-flight", "budget")


def decide(seen: Evidence, rule: Rule, *, decision_id: str) -> Decision:
    """What follows. Every clause is in it, also those that decided nothing."""
    found = [*reasons.clauses(seen, rule), *conditions.clauses(seen, rule)]
    outcome, decided_by, sentence = _outcome(seen, {clause["name"]: clause for clause in found})
    return {
        "layout": decision.LAYOUT,
        "decision_id": decision_id,
        "at": seen.at,
        "cause": seen.cause,
        "by": seen.by,
        "model_version": seen.model_version,
        "outcome": outcome,
        "decided_by": decided_by,
        "reason": sentence,
        "clauses": found,
        "price": rule.run_price,
        "run": decision.run_of(decision_id) if outcome == decision.TRAIN else "",
    }


def _outcome(seen: Evidence, by_name: dict[str, Clause]) -> tuple[Outcome, str, str]:
    """The outcome, the clause that decided, and why in a sentence."""
    if by_name["person"]["holds"]:
        return _unless_against(by_name, _AGAINST_A_PERSON, by_name["person"])
    if not seen.model_version:
        return decision.NOTHING, "person", "No model has been approved yet: `rubric train` trains the first."
    if not seen.rows.accepted:
        return _not_trained(seen, "rows", "There is no new row that a training could learn from.")
    if repeated := _repeated(seen, by_name):
        return _not_trained(seen, "rows", repeated)
    reason = next((by_name[name] for name in ("drift", "audit", "rows", "schedule") if by_name[name]["holds"]), None)
    if reason is None:
        return _not_trained(seen, "rows", f"There is no reason to train: {by_name['rows']['sentence']}")
    worth = by_name["worth"]
    if worth["holds"]:
        return _unless_against(by_name, _AGAINST, reason)
    if worth["holds"] is None and (seen.gain is not None or by_name["schedule"]["holds"]):
        return decision.ASK, "worth", f"{worth['sentence']} A person has to say whether it is worth it."
    return _not_trained(seen, "worth", worth["sentence"])


def _repeated(seen: Evidence, by_name: dict[str, Clause]) -> str:
    """Why a run would only repeat what has led to no better model, or find nothing new; "" if it would not.

    A run folds what came in since the newest version. If the model in use was not trained on that, the gate or a test
    has refused the model that was, or has yet to decide, or a person froze it. A run that found nothing new has seen
    near duplicates, or reviews that are due, which are not seen here.
    """
    newest, fewest = seen.newest_version, by_name["rows"]["figures"]["fewest"]
    later = seen.rows.accepted - seen.rows.frozen
    if not seen.rows.frozen or later >= fewest or (later and by_name["schedule"]["holds"]):
        return ""
    if seen.found_nothing:
        return (
            f"The run of {seen.found_nothing} found nothing new to train on in {seen.rows.frozen:,} of "
            f"{seen.rows.accepted:,} new rows; {fewest:,} more are a reason to train again. `rubric data review` "
            "lists those that wait for a person."
        )
    return (
        f"The dataset version {newest} has {seen.rows.frozen:,} of {seen.rows.accepted:,} new rows already, and the "
        f"model in use was not trained on it; {fewest:,} more rows are a reason to train again. `rubric history` says "
        f"what became of {newest}, and `rubric train --dataset {newest}` trains on it."
    )


def _unless_against(by_name: dict[str, Clause], against: tuple[str, ...], reason: Clause) -> tuple[Outcome, str, str]:
    for name in against:
        if not by_name[name]["holds"]:
            return decision.WAIT, name, by_name[name]["sentence"]
    worth = "" if reason["name"] == "person" else f" {by_name['worth']['sentence']}"
    return decision.TRAIN, reason["name"], f"{reason['sentence']}{worth}"


def _not_trained(seen: Evidence, clause: str, sentence: str) -> tuple[Outcome, str, str]:
    if seen.drift == drift_report.DRIFT:
        return decision.REPORT, clause, f"{seen.drift_reason} {sentence}"
    return decision.NOTHING, clause, sentence
