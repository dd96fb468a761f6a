"""Tests the queues of request-log items that the table did not accept, and their redrive."""

from __future__ import annotations

from tests.stacks.conftest import Synthesised


def test_what_could_not_be_logged_waits_encrypted_for_two_weeks(each: Synthesised) -> None:
    queues = each.resources("api", "AWS::SQS::Queue").values()
    assert len(queues) == 2
    for queue in queues:
        assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
        own, others = "KmsMasterKeyId" in queue["Properties"], queue["Properties"].get("SqsManagedSseEnabled", False)
        assert (own, others) == ((True, False) if each.stacks.data.key_arn else (False, True))
    policies = each.resources("api", "AWS::SQS::QueuePolicy").values()
    assert len(policies) == 2
    for policy in policies:
        [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_what_waits_comes_back_to_the_table(each: Synthesised) -> None:
    [queue_name] = [name for name in each.resources("api", "AWS::SQS::Queue") if name.startswith("LogDeadLetters")]
    [parked] = set(each.resources("api", "AWS::SQS::Queue")) - {queue_name}
    queue = each.resources("api", "AWS::SQS::Queue")[queue_name]["Properties"]
    [mapping] = each.resources("api", "AWS::Lambda::EventSourceMapping").values()
    properties = mapping["Properties"]
    assert properties["EventSourceArn"] == {"Fn::GetAtt": [queue_name, "Arn"]}
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["ScalingConfig"] == {"MaximumConcurrency": 2}
    function = each.resources("api", "AWS::Lambda::Function")[properties["FunctionName"]["Ref"]]["Properties"]
    assert function["Handler"] == "lambda_src.redrive.handler.handler"
    # Longer than the function may run, or a message comes again while it is being written.
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"]
    # Items tried for 16 hours go elsewhere: AWS itself can move items back from the source of a redrive policy.
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [parked, "Arn"]},
        "maxReceiveCount": 1000,
    }
    assert function["Environment"]["Variables"]["PARKED_URL"] == {"Ref": parked}
    policies = [name for name in mapping["DependsOn"] if "Policy" in name]
    assert policies, "Lambda checks the permission when the mapping is made"
