"""What a decision rests on: everything that was read, as plain figures. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.retraining.decision import Cause
from lambda_src.retrain.rule.gain import Gain


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The settings. None: not known, or switched off.

    horizon_days: for which the gain counts. value_per_error: what an avoided error is worth, US dollars; run_price: of
    one run. monthly_budget: US dollars in a month of UTC. schedule_days: without a run, after which any new row is a
    reason. min_accuracy: that the gate asks of a model. fewest_labels: of audited texts. cost_budget: US dollars in a
    month for runs and all that people start, None without such a limit.
    """

    horizon_days: int
    value_per_error: float | None
    run_price: float | None
    monthly_budget: float
    cooldown_hours: float
    schedule_days: int | None
    fewest_rows: int
    fewest_labels: int
    min_accuracy: float
    cost_budget: float | None = None


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Of the answers to the audited texts, with the 95 % interval."""

    texts: int
    right: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Right answers among all; 0 if there are none."""
        return self.right / self.texts if self.texts else 0.0


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows that came in since the model's. accepted: what a freeze would take; others: the rest, by reason.

    frozen: of the accepted ones, those of which nothing has come in since the newest dataset version, or since a run
    that found nothing new.
    """

    accepted: int = 0
    frozen: int = 0
    others: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Runs:
    """What stands against a run. running: the pipeline's executions that run, by name; starting: a decision's id; test:
    the A/B test's that runs. erased: texts were erased before the first dataset version, which a run may not make then.

    last_started: UTC, "" if there is none. spent: dollars in this month, for `counted` runs; unpriced: runs without a
    price. beside: dollars in this month for what people started.
    """

    running: Sequence[str] = ()
    starting: str = ""
    test: str = ""
    erased: bool = False
    last_started: str = ""
    spent: float = 0.0
    counted: int = 0
    unpriced: int = 0
    beside: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """at: UTC. cause, by: who asks. model_version: "" if none is approved. model_since: UTC, when it began to answer.

    drift: the report's status, "" without a report; drift_reason: its sentence. reference_accuracy: of the model on
    its test texts. newest_version: of the dataset, "" if there is none; found_nothing: when a later run was decided
    that found nothing new, "" if none did. gain: None if it is not known, with the reason in `no_gain`. texts_a_day:
    that are classified.
    """

    at: str
    cause: Cause
    by: str
    model_version: str
    model_since: str = ""
    drift: str = ""
    drift_reason: str = ""
    reference_accuracy: float | None = None
    accuracy: Accuracy | None = None
    rows: Rows = field(default_factory=Rows)
    newest_version: str = ""
    found_nothing: str = ""
    gain: Gain | None = None
    no_gain: str = ""
    texts_a_day: float | None = None
    runs: Runs = field(default_factory=Runs)
    waiting: int = 0


def few(labelled: int, waiting: int) -> str:
    """How many texts of the audit sample are labelled, and how many more have labels that do not count."""
    more = f" ({waiting} more wait for a label of a trusted key)" if waiting else ""
    return f"{labelled} texts of the audit sample are labelled{more}"
