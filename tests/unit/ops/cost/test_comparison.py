"""What a change costs: in the review, the comment and the terminal."""

from __future__ import annotations

import pytest

from ops.cost import change_words, comparison
from ops.cost.traffic import HOURS
from tests.unit.ops.cost import made
from tests.unit.ops.cost.made import MONITORING, SERVING, resource, template

ENDPOINT = template(Endpoint=resource("AWS::SageMaker::Endpoint"))
ALARM = resource("AWS::CloudWatch::Alarm", Namespace="AWS/Lambda", MetricName="Errors")


@pytest.fixture(autouse=True)
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, cloudwatch__alarm=0.1)


def test_an_alarm_more_costs_its_price_more() -> None:
    change = comparison.of(
        made.settings(),
        before={MONITORING: template(One=ALARM)},
        after={MONITORING: template(One=ALARM, Two=ALARM, Three=ALARM)},
    )
    assert change.usd.expected == pytest.approx(0.2)
    assert (
        change_words.headline(change)
        == "0.20 USD a month more (0.20 to 0.20): 0.30 USD a month (0.30 to 0.30) after it"
    )
    assert "AWS::CloudWatch::Alarm: 1 → 3, +0.20 USD a month" in change_words.rows(change)
    assert change_words.short(change) == "+0.20"


def test_what_goes_costs_less() -> None:
    change = comparison.of(
        made.settings(), before={MONITORING: template(One=ALARM, Two=ALARM)}, after={MONITORING: template(One=ALARM)}
    )
    assert change_words.headline(change).startswith("0.10 USD a month less (0.10 to 0.10)")
    assert change_words.short(change) == "-0.10"


def test_an_unknown_price_is_said_and_never_nothing() -> None:
    change = comparison.of(
        made.settings(),
        before={MONITORING: template(One=ALARM)},
        after={MONITORING: template(One=ALARM), SERVING: ENDPOINT},
    )
    assert change.unknown == ("sagemaker.hosting.ml.c7i.large",)
    assert change_words.short(change) == "no difference and unknown"
    assert "AWS::SageMaker::Endpoint: 0 → 1, +0.00 USD a month, and unknown: sagemaker.hosting.ml.c7i.large" in (
        change_words.rows(change)
    )
    assert "+ unknown USD a month" in change_words.headline(change)


def test_a_new_environment_is_its_whole_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    made.prices(monkeypatch, sagemaker__hosting__ml__c7i__large=0.1)
    change = comparison.of(made.settings(), before={}, after={SERVING: ENDPOINT})
    assert change.before is None
    assert change_words.headline(change) == f"{0.1 * HOURS:.2f} USD a month ({0.1 * HOURS:.2f} to {0.1 * HOURS:.2f})"


def test_no_difference_is_said() -> None:
    templates = {MONITORING: template(One=ALARM)}
    change = comparison.of(made.settings(), before=templates, after=templates)
    assert change_words.headline(change).startswith("no difference: 0.10 USD a month")
    assert change_words.short(change) == "no difference"
