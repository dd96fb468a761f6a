"""The retrain function's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambda_src.retrain.rule.evidence import Rule


@dataclass(frozen=True, kw_only=True)
class RetrainSettings:
    """Stores, the pipeline, and the section `retraining`. value_per_error, run_price, schedule_days and cost_budget
    (`cost.monthly_budget_usd`): below 0 where they are not set. labels_uri: of the file with `data.labels`, "" for
    none.
    """

    environment: str
    artifact_bucket: str
    dataset_bucket: str
    request_log_table: str
    request_log_days: int
    ledger_table: str
    approved_model_parameter: str
    pipeline_arn: str
    horizon_days: int
    monthly_budget: float
    cooldown_hours: float
    fewest_rows: int
    fewest_labels: int
    min_accuracy: float
    untrusted_share: float
    value_per_error: float = -1.0
    run_price: float = -1.0
    schedule_days: int = -1
    cost_budget: float = -1.0
    labels_uri: str = field(default="")

    @property
    def rule(self) -> Rule:
        """The settings as the rule takes them."""
        return Rule(
            horizon_days=self.horizon_days,
            value_per_error=self.value_per_error if self.value_per_error >= 0 else None,
            run_price=self.run_price if self.run_price >= 0 else None,
            monthly_budget=self.monthly_budget,
            cooldown_hours=self.cooldown_hours,
            schedule_days=self.schedule_days if self.schedule_days >= 0 else None,
            fewest_rows=self.fewest_rows,
            fewest_labels=self.fewest_labels,
            min_accuracy=self.min_accuracy,
            cost_budget=self.cost_budget if self.cost_budget >= 0 else None,
        )
