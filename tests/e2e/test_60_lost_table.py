"""The request log's table disappears: requests are answered all the same and nothing of the log is lost."""

import json

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.test_20_api import HEADLINE


def test_an_item_that_cannot_be_logged_waits_in_the_dead_letter_queue(deployed: Cloud) -> None:
    deployed.client("dynamodb").delete_table(TableName=deployed.outputs("Data")["RequestLogTableName"])
    with deployed.api() as api:
        answer = api.post("v1/classify", json={"inputs": HEADLINE})
    assert answer.status_code == 200, answer.text

    queues = deployed.client("sqs")

    def waiting() -> bool:
        for url in queues.list_queues().get("QueueUrls", []):
            for message in queues.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages", []):
                if answer.json()["request_id"] in json.dumps(message):
                    return True
        return False

    wait_for("the item in the queue", waiting, timeout=20)


def test_the_alarm_for_it_goes_off(deployed: Cloud) -> None:
    cloudwatch = deployed.client("cloudwatch")

    def alarming() -> bool:
        alarms = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
        return any(alarm["Namespace"] in ("Rubric", "AWS/SQS") for alarm in alarms)

    wait_for("the log-write alarm", alarming, timeout=90)
