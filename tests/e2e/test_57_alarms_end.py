"""The alarms that rang while the endpoint was stopped end without any action."""

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.test_52_stopped_endpoint import alarm_states


def test_the_alarm_of_the_stopped_endpoint_has_ended(deployed: Cloud) -> None:
    """In a separate file, because an alarm lasts until its minute is over: other tests run meanwhile."""
    wait_for("the alarm's end", lambda: "ALARM" not in alarm_states(deployed).values(), timeout=180, every=2)
