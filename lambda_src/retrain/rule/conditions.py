"""What must hold beside a reason: that it pays, and that nothing stands against it. No I/O and no clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from contracts.retraining.decision import Clause
from lambda_src.retrain.rule.evidence import Evidence, Rule


def clauses(seen: Evidence, rule: Rule) -> list[Clause]:
    """One for each of `decision.CONDITIONS`, in their order."""
    return [
        *(_worth(seen, rule), _price(rule)),
        *(_dataset(seen), _single_flight(seen), _test(seen), _cool_down(seen, rule), _budget(seen, rule)),
    ]


def _worth(seen: Evidence, rule: Rule) -> Clause:
    """Whether the least gain, times the texts of the horizon, times the value of an error, exceeds the price."""
    gain, a_day = seen.gain, seen.texts_a_day
    texts = None if a_day is None else a_day * rule.horizon_days
    value = None
    if gain and texts is not None and rule.value_per_error is not None:
        value = gain.low * texts * rule.value_per_error
    figures = {
        "gain_low": gain.low if gain else None,
        "gain_estimate": gain.estimate if gain else None,
        "audited": gain.texts if gain else None,
        "mended": gain.mended if gain else None,
        "broken": gain.broken if gain else None,
        "alpha": gain.alpha if gain else None,
        "texts": texts,
        "horizon_days": rule.horizon_days,
        "value_per_error": rule.value_per_error,
        "value_low": value,
        "price": rule.run_price,
    }
    holds: bool | None
    if gain is None:
        holds, sentence = None, f"The gain is not known: {seen.no_gain}."
    elif gain.low <= 0:
        holds, sentence = False, f"{_gain(seen)}: no gain is shown."
    elif texts is None or rule.value_per_error is None or rule.run_price is None:
        lacking = [
            *(["how many texts are classified"] if texts is None else []),
            *(["what an avoided error is worth (retraining.value_per_error)"] if rule.value_per_error is None else []),
            *(["what a run costs (retraining.run_price)"] if rule.run_price is None else []),
        ]
        holds, sentence = None, f"{_gain(seen)}. Not known: {', '.join(lacking)}."
    else:
        assert value is not None
        holds = value > rule.run_price
        sentence = (
            f"{_gain(seen)}. In {rule.horizon_days} days with {texts:,.0f} texts that is worth at least "
            f"${value:,.2f}; a run costs ${rule.run_price:,.2f}."
        )
    return {"name": "worth", "holds": holds, "sentence": sentence, "figures": figures}


def _gain(seen: Evidence) -> str:
    gain = seen.gain
    assert gain is not None
    return (
        f"The new rows would mend {gain.mended} and break {gain.broken} of {gain.texts:,} audited answers, a gain of "
        f"{gain.estimate * 100:.1f} points, at least {gain.low * 100:.1f}"
    )


def _price(rule: Rule) -> Clause:
    known = rule.run_price is not None
    sentence = f"A run costs ${rule.run_price:,.2f}." if known else "retraining.run_price is not set."
    return {"name": "price", "holds": known, "sentence": sentence, "figures": {"run_price": rule.run_price}}


def _dataset(seen: Evidence) -> Clause:
    """Whether a run can make its dataset version: the environment's own dataset may have texts that were erased since,
    which only an operator's machine may leave out (decision 84).
    """
    erased = seen.runs.erased
    sentence = (
        "Texts were erased before there was a dataset version, and a run may not know which: `rubric data freeze` "
        "makes the first version without them."
        if erased
        else "A run can make its dataset version."
    )
    return {"name": "dataset", "holds": not erased, "sentence": sentence, "figures": {"erased": erased}}


def _single_flight(seen: Evidence) -> Clause:
    running, starting = list(seen.runs.running), seen.runs.starting
    if running:
        sentence = f"The training run {running[0]} is on."
    elif starting:
        sentence = f"The decision {starting} is starting a run."
    else:
        sentence = "No training run is on."
    holds = not (running or starting)
    figures = {"running": running, "starting": starting}
    return {"name": "single-flight", "holds": holds, "sentence": sentence, "figures": figures}


def _test(seen: Evidence) -> Clause:
    """A new model could not be tested beside it, and would end it if it were promoted."""
    test = seen.runs.test
    sentence = f"The A/B test {test} is on, and its result comes first." if test else "No A/B test is on."
    return {"name": "test", "holds": not test, "sentence": sentence, "figures": {"test": test}}


def _cool_down(seen: Evidence, rule: Rule) -> Clause:
    last = seen.runs.last_started
    figures = {"last": last, "cooldown_hours": rule.cooldown_hours, "until": ""}
    if not last:
        return {"name": "cool-down", "holds": True, "sentence": "No run has been started yet.", "figures": figures}
    until = datetime.fromisoformat(last) + timedelta(hours=rule.cooldown_hours)
    over = until <= datetime.fromisoformat(seen.at)
    figures["until"] = until.isoformat(timespec="seconds").replace("+00:00", "Z")
    sentence = f"The last run was started at {last}; the next may {'' if over else 'not '}be: {rule.cooldown_hours:g} "
    sentence += f"hours later is {figures['until']}."
    return {"name": "cool-down", "holds": over, "sentence": sentence, "figures": figures}


def _budget(seen: Evidence, rule: Rule) -> Clause:
    """Whether the run fits into retraining's budget, and into that of everything if there is one; there an unknown
    price never fits.
    """
    runs, price = seen.runs, rule.run_price or 0.0
    left = rule.monthly_budget - runs.spent
    unpriced = f", and {runs.unpriced} of unknown price" if runs.unpriced else ""
    sentence = f"${runs.spent:,.2f} of this month's ${rule.monthly_budget:,.2f} are spent, for {runs.counted} "
    sentence += f"runs{unpriced}."
    holds = price <= left
    if rule.cost_budget is not None:
        whole = runs.spent + runs.beside
        holds = holds and rule.run_price is not None and price <= rule.cost_budget - whole
        sentence += f" Of cost.monthly_budget_usd, ${rule.cost_budget:,.2f}, ${whole:,.2f} are spent."
        if rule.run_price is None:
            sentence += " A run has no known price (retraining.run_price), so it cannot be shown to fit."
    return {
        "name": "budget",
        "holds": holds,
        "sentence": sentence,
        "figures": {
            "spent": runs.spent,
            "monthly_budget": rule.monthly_budget,
            "runs": runs.counted,
            "unpriced": runs.unpriced,
            "price": rule.run_price,
        },
    }
