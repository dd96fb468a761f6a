"""Tests the details of SageMaker's events."""

from local_aws.sagemaker.reporting.events import detail


def test_an_endpoints_event_spells_its_status_and_times_as_documented() -> None:
    record = {"EndpointName": "e", "EndpointStatus": "InService", "CreationTime": 1.5, "PendingConfigName": "c"}
    assert detail("SageMaker Endpoint State Change", record, {"a": "1"}) == {
        "EndpointName": "e",
        "EndpointStatus": "IN_SERVICE",
        "CreationTime": 1500,
        "Tags": {"a": "1"},
    }


def test_times_below_the_top_are_milliseconds_too() -> None:
    record = {"SecondaryStatusTransitions": [{"Status": "Training", "StartTime": 2.0}], "TrainingJobStatus": "Failed"}
    result = detail("SageMaker Training Job State Change", record, {})
    assert result["SecondaryStatusTransitions"] == [{"Status": "Training", "StartTime": 2000}]
