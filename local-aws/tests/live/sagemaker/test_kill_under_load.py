"""Killing a model server under load loses the requests that it was answering, and nothing else."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from botocore.exceptions import ClientError

from local_aws_testing.cloud import Cloud
from local_aws_testing.server import wait_for

CALLERS = 6


@dataclass(frozen=True)
class Asked:
    """One request: its start, its end and the process that answered (none if it failed)."""

    began: float
    ended: float
    pid: int | None


def test_only_what_was_in_flight_is_lost_and_the_server_is_started_again(cloud: Cloud) -> None:
    cloud.make_endpoint("killed", {"champion": "one"})
    first = int(cloud.ask("killed")["pid"])
    stop, asked = threading.Event(), list[Asked]()

    def ask_on_and_on(caller: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            began, pid = time.monotonic(), None
            try:
                answer = cloud.ask("killed", f"{caller} {number}")
                assert answer["echo"] == f"{caller} {number}"
                pid = int(answer["pid"])
            except ClientError as error:
                # At once and retryable, as AWS documents for an endpoint without a healthy instance.
                assert error.response["Error"]["Code"] == "ServiceUnavailable"
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
                time.sleep(0.05)
            asked.append(Asked(began, time.monotonic(), pid))

    with ThreadPoolExecutor(CALLERS) as pool:
        calls = [pool.submit(ask_on_and_on, caller) for caller in range(CALLERS)]
        wait_for(lambda: len(asked) > 30, what="the load to run")
        killed = time.monotonic()
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: sum(each.pid not in (None, first) for each in asked) > 30, what="the server to be back")
        stop.set()
        for call in calls:
            call.result()
    back = min(each.ended for each in asked if each.pid not in (None, first))
    failed = [each for each in asked if each.pid is None]
    assert {each.pid for each in asked if each.ended < killed} == {first}
    assert all(each.ended > killed and each.began < back for each in failed)
    assert sum(each.began < killed for each in failed) <= CALLERS
    assert max((each.ended - each.began for each in failed), default=0) < 5  # none hangs until a timeout
    assert len({each.pid for each in asked} - {None}) == 2
    assert cloud.sagemaker.describe_endpoint(EndpointName="killed")["EndpointStatus"] == "InService"
    group = "/aws/sagemaker/Endpoints/killed"
    (stream,) = cloud.logs.describe_log_streams(logGroupName=group)["logStreams"]
    lines = cloud.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=False)
    assert any("The model server is started again in 0.25 s" in line["message"] for line in lines["events"])
