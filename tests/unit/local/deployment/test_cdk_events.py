"""Lines as aws-cdk 2.1148.1 prints them."""

from local.deployment import cdk_events
from local.deployment.cdk_events import ResourceEvent, StackBegan, StackEnded, StackFailed, Synthesised


def test_a_resource_of_a_deploy_has_its_stack_count_status_and_path() -> None:
    line = (
        "Rubric-local-Data |  2/14 | 9:59:41 PM | CREATE_COMPLETE      | AWS::SQS::Queue            "
        "| Api/Q/Resource (Q63C6E3AB) "
    )
    assert cdk_events.parse(line) == ResourceEvent(
        stack="Rubric-local-Data",
        done=2,
        total=14,
        status="CREATE_COMPLETE",
        resource_type="AWS::SQS::Queue",
        resource="Api/Q",
        reason="",
    )


def test_a_destroy_has_no_total() -> None:
    event = cdk_events.parse(
        "Rubric-local-Api |   3 | 10:00:24 PM | DELETE_COMPLETE         | AWS::IAM::Role | F/ServiceRole (FRole3AC8) "
    )
    assert isinstance(event, ResourceEvent)
    assert (event.done, event.total, event.resource) == (3, None, "F/ServiceRole")


def test_a_failed_resource_keeps_its_reason() -> None:
    event = cdk_events.parse(
        "Rubric-local-Training | 1/6 | 10:03:05 PM | CREATE_FAILED           | Custom::FirstModel         "
        "| First/Default (First) the gate said no: accuracy 0.3 | under 0.6"
    )
    assert isinstance(event, ResourceEvent)
    assert event.failed
    assert (event.resource, event.reason) == ("First", "the gate said no: accuracy 0.3 | under 0.6")


def test_a_resource_cancelled_because_of_another_is_no_cause() -> None:
    event = cdk_events.parse(
        "S | 1/6 | 10:03:05 PM | CREATE_FAILED | AWS::SQS::Queue | Q (Q1) Resource creation cancelled"
    )
    assert isinstance(event, ResourceEvent)
    assert not event.failed


def test_the_stack_itself_is_told_from_its_resources() -> None:
    event = cdk_events.parse(
        "Rubric-local-Training | 4/6 | 10:03:05 PM | ROLLBACK_COMPLETE       | AWS::CloudFormation::Stack "
        "| Rubric-local-Training Rollback complete"
    )
    assert isinstance(event, ResourceEvent)
    assert event.of_stack
    assert (event.resource, event.reason) == ("Rubric-local-Training", "Rollback complete")


def test_lines_about_whole_stacks() -> None:
    assert cdk_events.parse("Rubric-local-Data: deploying... [1/2]") == StackBegan("Rubric-local-Data")
    assert cdk_events.parse("Rubric-local-Api: destroying... [1/2]") == StackBegan("Rubric-local-Api")
    assert cdk_events.parse(" ✅  Rubric-local-Data") == StackEnded("Rubric-local-Data", unchanged=False)
    assert cdk_events.parse("✅  Rubric-local-Data (no changes)") == StackEnded("Rubric-local-Data", unchanged=True)
    assert cdk_events.parse("✅  Rubric-local-Api: destroyed") == StackEnded("Rubric-local-Api", unchanged=False)
    assert cdk_events.parse("❌  Rubric-local-Api failed to deploy") == StackFailed("Rubric-local-Api")
    assert cdk_events.parse("✨  Synthesis time: 11.5s") == Synthesised(11.5)


def test_other_lines_are_no_events() -> None:
    for line in ("", "Outputs:", "Rubric-local-Data.Url = http://x | y", "✨  Total time: 4.62s", "Stack ARN:"):
        assert cdk_events.parse(line) is None
