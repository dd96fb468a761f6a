"""When the rule would have fired: the decision at the end of each day of the log, as it was known then.

The models are those that answered: a run that the rule would have started has not happened, and the log cannot show
what its model would have said. The cool-down and the budget count the runs that the rule would have started.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from contracts.retraining import decision, runs
from contracts.retraining.decision import Decision
from contracts.retraining.runs import Run
from lambda_src.retrain import look
from lambda_src.retrain.look import Stores
from lambda_src.retrain.material import Material, evidence
from lambda_src.retrain.rule.decide import decide
from lambda_src.retrain.rule.evidence import Rule
from lambda_src.retrain.stores.sample import LabelledText

BY = "the backtest"


def backtest(stores: Stores, rule: Rule, *, at: str, has_time: Callable[[], bool]) -> dict[str, Any]:
    """`decisions`, one for each day from the first label on, and `complete`: whether there was time for all."""
    today = datetime.fromisoformat(at).date()
    labelled = stores.sample.labelled(today=today, days=stores.days).texts
    served = _served(labelled)
    known: dict[str, Material] = {}
    ledger: list[Run] = []
    decisions: list[Decision] = []
    for day in sorted(served):
        if not has_time():
            return {"decisions": decisions, "complete": False}
        version = served[day]
        if version not in known:
            own = [each for each in labelled if each.model_version == version]
            # What is frozen today was not yet.
            known[version] = replace(look.material(stores, version, at=at, labelled=own), frozen_until="")
        moment = min(f"{day}T23:59:59.999Z", at)
        seen = evidence(
            known[version],
            rule,
            at=moment,
            cause=decision.CHECK,
            by=BY,
            runs=look.against(ledger, at=moment, running=[]),
        )
        made = decide(seen, rule, decision_id=f"backtest-{day}")
        decisions.append({**made, "run": ""})
        if made["outcome"] == decision.TRAIN:
            ledger.append(
                {
                    "decision_id": made["decision_id"],
                    "at": moment,
                    "execution": BY,
                    "price": rule.run_price,
                    "state": runs.STARTED,
                }
            )
    return {"decisions": decisions, "complete": True}


def _served(labelled: list[LabelledText]) -> dict[str, str]:
    """By day, the model of most labelled texts; of a day without any, that of the day before."""
    by_day: dict[str, Counter[str]] = {}
    for each in labelled:
        by_day.setdefault(each.day, Counter())[each.model_version] += 1
    if not by_day:
        return {}
    day, last = date.fromisoformat(min(by_day)), date.fromisoformat(max(each.labelled_at[:10] for each in labelled))
    served: dict[str, str] = {}
    version = ""
    while day <= max(last, date.fromisoformat(max(by_day))):
        found = by_day.get(day.isoformat())
        version = min(found, key=lambda name: (-found[name], name)) if found else version
        served[day.isoformat()] = version
        day += timedelta(days=1)
    return served
