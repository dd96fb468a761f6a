"""An alarm rings, is shown, and notifies its subscribers."""

from __future__ import annotations

import json
from typing import Any

from tools.acceptance.errors import StepError
from tools.acceptance.run import Run

_SECONDS = 120.0


def alarm_test(run: Run) -> dict[str, Any]:
    """Set off an alarm; a queue that is subscribed only for this step must receive the message."""
    topic = run.outputs()["AlarmTopicArn"]
    cloudwatch, queues, topics = (run.place.client(name) for name in ("cloudwatch", "sqs", "sns"))
    alarm = _quiet_alarm(cloudwatch, topic)
    queue = queues.create_queue(QueueName=f"{run.settings.prefix}-acceptance")["QueueUrl"]
    subscription = ""
    try:
        arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        queues.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": _policy(arn, topic)})
        subscription = topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)[
            "SubscriptionArn"
        ]
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="acceptance: set off by hand")
        heard = run.wait("A message about the alarm", lambda: _heard(queues, queue, alarm), seconds=_SECONDS)
    finally:
        if subscription:
            topics.unsubscribe(SubscriptionArn=subscription)
        queues.delete_queue(QueueUrl=queue)
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="acceptance: put back")
    return {"alarm": alarm, "message": heard}


def _quiet_alarm(cloudwatch: Any, topic: str) -> str:
    """An alarm that notifies the topic and does not ring."""
    for page in cloudwatch.get_paginator("describe_alarms").paginate():
        for alarm in page["MetricAlarms"]:
            if topic in alarm["AlarmActions"] and alarm["StateValue"] != "ALARM":
                return str(alarm["AlarmName"])
    raise StepError("No quiet alarm notifies the topic: `rubric status` shows which alarms ring")


def _heard(queues: Any, queue: str, alarm: str) -> str:
    """The new state from a message about that alarm; "" while there is none."""
    for message in queues.receive_message(QueueUrl=queue, WaitTimeSeconds=2).get("Messages", []):
        notification = json.loads(json.loads(message["Body"])["Message"])
        if notification.get("AlarmName") == alarm and notification.get("NewStateValue") == "ALARM":
            return "ALARM"
    return ""


def _policy(queue: str, topic: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
