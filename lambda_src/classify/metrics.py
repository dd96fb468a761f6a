"""The function's CloudWatch metrics, which Powertools writes in the embedded metric format.

Dimensions: service and environment; label counts also have the label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from contracts.ab_tests.live import CHALLENGER
from lambda_src.classify.features import Reading
from lambda_src.classify.live_tests import Assignment
from lambda_src.classify.log_writer import Written
from lambda_src.classify.response import Prediction

_LONGEST = 1024  # CloudWatch API, "Dimension", as are the other rules of `_is_dimension_value`
# Each label is a metric of its own, and each metric costs money: a model with many labels must not create thousands.
MAX_LABELS = 20
_OTHER = "(other)"


def count_answers(
    metrics: Metrics, *, environment: str, results: Sequence[Prediction], threshold: float | None = None
) -> None:
    """Counts the labels, the confidence, and with a threshold the uncertain answers of an answered request."""
    uncertain = [result.is_uncertain(threshold) for result in results]
    if results and None not in uncertain:
        metrics.add_metric(name="Uncertain", unit=MetricUnit.Count, value=sum(map(bool, uncertain)))
    for result in results:
        if result.confidence is not None:
            metrics.add_metric(name="Confidence", unit=MetricUnit.NoUnit, value=result.confidence)
    for label, count in label_counts(results).items():
        dimensions = {"environment": environment, "label": label}
        with single_metric(name="Labels", unit=MetricUnit.Count, value=count, default_dimensions=dimensions) as metric:
            metric.add_dimension(name="service", value=metrics.provider.service)


def label_counts(results: Sequence[Prediction]) -> dict[str, int]:
    """Predictions by label; labels beyond the model's first MAX_LABELS are counted together."""
    counts: Counter[str] = Counter()
    for result in results:
        named = result.label in result.labels[:MAX_LABELS] and _is_dimension_value(result.label)
        counts[result.label if named else _OTHER] += 1
    return dict(counts)


def _is_dimension_value(label: str) -> bool:
    """Whether the label can be a dimension's value: ASCII without control characters, 1 to 1,024, not all blank.

    It may begin with a colon, unlike a dimension's name.
    """
    return label.isascii() and label.isprintable() and bool(label.strip()) and len(label) <= _LONGEST


def count_test(
    metrics: Metrics, assignment: Assignment | None, variants: Sequence[str], *, challenger_ms: float | None
) -> None:
    """Counts, of an answered request during a live A/B test, the texts that the challenger answered, and those that the
    champion answered in its place.
    """
    if assignment is None or not variants:
        return
    asked = assignment.challenged()
    answered = sum(variants[position] == CHALLENGER for position in asked)
    metrics.add_metric(name="ChallengerTexts", unit=MetricUnit.Count, value=answered)
    metrics.add_metric(name="ChallengerFailed", unit=MetricUnit.Count, value=len(asked) - answered)
    if challenger_ms is not None:
        metrics.add_metric(name="ChallengerLatencyMs", unit=MetricUnit.Milliseconds, value=challenger_ms)


def count_features(metrics: Metrics, reading: Reading) -> None:
    """Counts a request that went on without its features, and reads that failed; nothing where none are read."""
    if reading.asked:
        metrics.add_metric(name="FeaturesMissed", unit=MetricUnit.Count, value=reading.missed)
        metrics.add_metric(name="FeaturesUnread", unit=MetricUnit.Count, value=reading.failed)


def count_log_failures(metrics: Metrics, written: Written) -> None:
    """Counts log items that the table did not accept; writes nothing if there are none."""
    if written.failed:
        metrics.add_metric(name="LogWriteFailed", unit=MetricUnit.Count, value=written.failed)
    if written.lost:
        metrics.add_metric(name="LogWriteLost", unit=MetricUnit.Count, value=written.lost)
