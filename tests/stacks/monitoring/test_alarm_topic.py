"""Tests the alarms' topic: its publishers and its subscribers."""

from __future__ import annotations

from tests.stacks.conftest import Synthesise, Synthesised


def test_cloudwatch_may_publish_and_only_over_tls(each: Synthesised) -> None:
    [policy] = each.resources("monitoring", "AWS::SNS::TopicPolicy").values()
    by_effect = {s["Effect"]: s for s in policy["Properties"]["PolicyDocument"]["Statement"]}
    assert by_effect["Allow"]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert by_effect["Allow"]["Action"] == "sns:Publish"
    assert list(by_effect["Allow"]["Condition"]["StringEquals"]) == ["aws:SourceAccount"]
    assert by_effect["Deny"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_an_address_is_subscribed_where_there_is_one(dev: Synthesised, synthesise: Synthesise) -> None:
    assert dev.resources("monitoring", "AWS::SNS::Subscription") == {}
    environment = synthesise("dev", change="monitoring: {alarm_email: ops@example.com}")
    [subscription] = environment.resources("monitoring", "AWS::SNS::Subscription").values()
    assert (subscription["Properties"]["Protocol"], subscription["Properties"]["Endpoint"]) == (
        "email",
        "ops@example.com",
    )
