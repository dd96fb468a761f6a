"""Reasons to train: a person, drift that does harm, new rows, the audit, time. No I/O and no clock."""

from __future__ import annotations

from datetime import datetime

from contracts.logs import drift_report
from contracts.retraining import decision
from contracts.retraining.decision import Clause
from lambda_src.retrain.rule.evidence import Evidence, Rule, few


def clauses(seen: Evidence, rule: Rule) -> list[Clause]:
    """One for each of `decision.REASONS`, in their order."""
    return [_person(seen), _drift(seen, rule), _rows(seen, rule), _audit(seen, rule), _schedule(seen, rule)]


def _person(seen: Evidence) -> Clause:
    asked = seen.cause == decision.PERSON
    sentence = f"{seen.by} asks for it." if asked else "No person asks for it."
    return {"name": "person", "holds": asked, "sentence": sentence, "figures": {"by": seen.by if asked else ""}}


def _drift(seen: Evidence, rule: Rule) -> Clause:
    """Whether something drifted and the model is less accurate than it was on its test texts, beyond chance."""
    drifted, now, before = seen.drift == drift_report.DRIFT, seen.accuracy, seen.reference_accuracy
    figures = {
        "status": seen.drift,
        "accuracy_before": before,
        "accuracy_now": now.share if now and now.texts else None,
        "harm_low": None,
        "harm": None,
    }
    holds: bool | None = False
    if not seen.drift:
        holds, sentence = None, "There is no drift report on this model."
    elif not drifted:
        sentence = seen.drift_reason
    elif before is None or now is None or now.texts < rule.fewest_labels:
        holds = None
        sentence = f"{seen.drift_reason} Whether it does harm is not known: {_too_few(seen, rule)}."
    else:
        figures |= {"harm": before - now.share, "harm_low": before - now.high}
        holds = now.high < before
        said = "It does harm" if holds else "Harm is not shown"
        sentence = f"{seen.drift_reason} {said}: {_accuracy(seen)}, and {before:.1%} on its test texts."
    return {"name": "drift", "holds": holds, "sentence": sentence, "figures": figures}


def _rows(seen: Evidence, rule: Rule) -> Clause:
    accepted, others = seen.rows.accepted, dict(seen.rows.others)
    left = "".join(f"; {count:,} {reason}" for reason, count in sorted(others.items()))
    return {
        "name": "rows",
        "holds": accepted >= rule.fewest_rows,
        "sentence": f"{accepted:,} new rows would be taken; {rule.fewest_rows:,} are a reason{left}.",
        "figures": {
            "accepted": accepted,
            "frozen": seen.rows.frozen,
            "newest_version": seen.newest_version,
            "fewest": rule.fewest_rows,
            "others": others,
        },
    }


def _audit(seen: Evidence, rule: Rule) -> Clause:
    """Whether the audit sample shows the model to be less accurate than the gate allows."""
    now = seen.accuracy
    known = now is not None and now.texts >= rule.fewest_labels
    figures = {
        "texts": now.texts if now else 0,
        "accuracy": now.share if now and now.texts else None,
        "low": now.low if now and now.texts else None,
        "high": now.high if now and now.texts else None,
        "min_accuracy": rule.min_accuracy,
    }
    if now is None or not known:
        sentence = f"The accuracy now is not known: {_too_few(seen, rule)}."
        return {"name": "audit", "holds": None, "sentence": sentence, "figures": figures}
    holds = now.high < rule.min_accuracy
    sentence = f"{_accuracy(seen)}; the gate asks for {rule.min_accuracy:.1%}."
    return {"name": "audit", "holds": holds, "sentence": f"{sentence[:1].upper()}{sentence[1:]}", "figures": figures}


def _schedule(seen: Evidence, rule: Rule) -> Clause:
    last = max(seen.runs.last_started, seen.model_since)
    days = (datetime.fromisoformat(seen.at) - datetime.fromisoformat(last)).total_seconds() / 86_400 if last else None
    figures = {"days": days, "schedule_days": rule.schedule_days, "last": last}
    if rule.schedule_days is None:
        sentence, holds = "retraining.schedule_days is not set.", False
    elif days is None:
        sentence, holds = "No model has been trained yet.", False
    else:
        holds = days >= rule.schedule_days
        sentence = f"{days:.1f} days since {last}, the last run or this model's start, of {rule.schedule_days}."
    return {"name": "schedule", "holds": holds, "sentence": sentence, "figures": figures}


def _too_few(seen: Evidence, rule: Rule) -> str:
    texts = seen.accuracy.texts if seen.accuracy else 0
    if seen.reference_accuracy is None and texts >= rule.fewest_labels:
        return "the model has no reference"
    return f"{few(texts, seen.waiting)}, and {rule.fewest_labels} are needed"


def _accuracy(seen: Evidence) -> str:
    now = seen.accuracy
    assert now is not None
    return f"{now.share:.1%} of {now.texts:,} audited answers are right ({now.low:.1%} to {now.high:.1%})"
