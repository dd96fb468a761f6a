"""Metrics are counted by value."""

from collections.abc import Mapping

from local_aws.sagemaker.reporting.cloudwatch import Key, MetricBuffer

KEY = Key(("000000000000", "us-east-1"), "AWS/SageMaker", "ModelLatency", "Microseconds", (("EndpointName", "e"),))


def test_equal_values_are_handed_on_once_with_their_count() -> None:
    buffer = MetricBuffer()
    for value in (1234.0, 1231.0, 5.0):
        buffer.add(KEY, value)
    written: list[tuple[Key, dict[float, int]]] = []

    def write(key: Key, counts: Mapping[float, int]) -> None:
        written.append((key, dict(counts)))

    buffer.flush(write)
    buffer.flush(write)
    assert written == [(KEY, {1230.0: 2, 5.0: 1})]
