"""Transform jobs: real model servers read files from S3. Tests answers, failures, stops, logs and events."""

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import BUCKET, BUSY, ROLE, Cloud
from local_aws_testing.server import wait_for

LOGS = "/aws/sagemaker/TransformJobs"


@pytest.fixture(scope="module")
def batch(cloud: Cloud) -> Cloud:
    """The cloud with two models: one that answers, one that cannot be loaded."""
    for name, data in (("batch", "one"), ("batch-broken", "broken")):
        container = {"Image": "tests/fake-batch:1", "ModelDataUrl": f"s3://{BUCKET}/{data}.tar.gz"}
        cloud.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={**container, "Environment": {"MY_MODEL": "1"}}
        )
    return cloud


def put(cloud: Cloud, key: str, *lines: str) -> None:
    cloud.s3.put_object(Bucket=BUCKET, Key=key, Body="".join(f"{line}\n" for line in lines).encode())


def start(cloud: Cloud, name: str, **members: Any) -> str:
    """Runs a job on the files below `in/<name>/`, line by line."""
    request = {
        "TransformJobName": name,
        "ModelName": "batch",
        "BatchStrategy": "MultiRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/{name}/"}},
            "ContentType": "text/plain",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out/{name}", "AssembleWith": "Line", "Accept": "text/new"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return str(cloud.sagemaker.create_transform_job(**(request | members))["TransformJobArn"])


def ended(cloud: Cloud, name: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        job = cloud.sagemaker.describe_transform_job(TransformJobName=name)
        return None if job["TransformJobStatus"] in BUSY else job

    job: dict[str, Any] = wait_for(found, what=f"the job {name} to end")
    return job


def answers(cloud: Cloud, name: str) -> dict[str, str]:
    """The job's output files, by key below its output."""
    prefix = f"out/{name}/"
    result = cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {
        item["Key"].removeprefix(prefix): cloud.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read().decode()
        for item in result
    }


def logged(cloud: Cloud, name: str, *, data: bool) -> list[str]:
    streams = cloud.logs.describe_log_streams(logGroupName=LOGS, logStreamNamePrefix=f"{name}/")["logStreams"]
    return [
        event["message"]
        for stream in streams
        if stream["logStreamName"].endswith("/data-log") == data
        for event in cloud.logs.get_log_events(logGroupName=LOGS, logStreamName=stream["logStreamName"])["events"]
    ]


def test_every_line_of_every_file_is_answered_in_order(batch: Cloud) -> None:
    many = [f"text {number} {'x' * 100}" for number in range(30_000)]  # more than three payloads
    put(batch, "in/done-1/a.txt", *many)
    put(batch, "in/done-1/deep/b.txt", "one", "", "three")
    batch.s3.put_object(Bucket=BUCKET, Key="in/done-1/c.txt", Body=b"no newline at the end")
    arn = start(batch, "done-1", MaxPayloadInMB=1, MaxConcurrentTransforms=3)
    job = ended(batch, "done-1")
    assert (job["TransformJobStatus"], job["TransformJobArn"]) == ("Completed", arn)
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:transform-job/done-1"
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    result = answers(batch, "done-1")
    assert sorted(result) == ["a.txt.out", "c.txt.out", "deep/b.txt.out"]
    assert result["a.txt.out"].split("\n") == [line.upper() for line in many] + [""]
    assert result["deep/b.txt.out"] == "ONE\n\nTHREE\n"
    assert result["c.txt.out"] == "NO NEWLINE AT THE END\n"
    assert sum("POST /invocations" in line for line in logged(batch, "done-1", data=False)) == 6
    (line,) = logged(batch, "done-1", data=True)
    assert line.endswith(":[sagemaker logs]: MaxConcurrentTransforms=3, MaxPayloadInMB=1, BatchStrategy=MULTI_RECORD")


def test_the_container_is_told_what_it_is_for(batch: Cloud) -> None:
    for number in range(2):
        put(batch, f"in/told-1/{number}.txt", "about")
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 3}
    start(batch, "told-1", MaxPayloadInMB=2, Environment={"MY_JOB": "2"}, TransformResources=resources)
    ended(batch, "told-1")
    known = [json.loads(answer) for answer in answers(batch, "told-1").values()]
    assert known[0]["env"] == {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "2",
        "MY_MODEL": "1",
        "MY_JOB": "2",
    }
    assert (known[0]["type"], known[0]["accept"]) == ("text/plain", "text/new")
    assert known[0]["pid"] != known[1]["pid"], "each instance with a file has a server of its own"


def test_a_file_that_fails_has_no_answers_and_the_others_have(batch: Cloud) -> None:
    put(batch, "in/failed-1/a.txt", "good", "bad")
    put(batch, "in/failed-1/b.txt", "good")
    start(batch, "failed-1")
    job = ended(batch, "failed-1")
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "ClientError: See job logs for more information"
    assert answers(batch, "failed-1") == {"b.txt.out": "GOOD\n"}
    message = [line.partition("[sagemaker logs]: ")[2] for line in logged(batch, "failed-1", data=True)]
    file = f"{BUCKET}/in/failed-1/a.txt"
    assert message[1:] == [
        f"{file}: ClientError: 400",
        f"{file}: ",
        f"{file}: Message:",
        f'{file}: {{"error": "line 1 is bad"}}',
    ]


def test_a_failing_model_is_asked_again_and_told_from_bad_data(batch: Cloud) -> None:
    put(batch, "in/retried-1/a.txt", "once 1")
    put(batch, "in/broken-1/a.txt", "broken")
    start(batch, "retried-1")
    start(batch, "broken-1", ModelClientConfig={"InvocationsMaxRetries": 0})
    assert ended(batch, "retried-1")["TransformJobStatus"] == "Completed"
    assert answers(batch, "retried-1") == {"a.txt.out": "ONCE 1\n"}
    assert ended(batch, "broken-1")["FailureReason"] == "AlgorithmError: See job logs for more information"


def test_jobs_that_cannot_begin_say_why(batch: Cloud) -> None:
    start(batch, "empty-1")
    assert "No S3 objects found under S3 URL" in ended(batch, "empty-1")["FailureReason"]
    put(batch, "in/unloadable-1/a.txt", "one")
    start(batch, "unloadable-1", ModelName="batch-broken")
    assert "this model cannot be loaded" in ended(batch, "unloadable-1")["FailureReason"]


def test_a_record_that_no_payload_holds_fails_its_file(batch: Cloud) -> None:
    put(batch, "in/long-1/a.txt", "x" * 1_100_000)
    start(batch, "long-1", MaxPayloadInMB=1)
    assert ended(batch, "long-1")["FailureReason"].startswith("ClientError")
    assert logged(batch, "long-1", data=True)[-1].endswith("Too much data for max payload size")


def test_whole_files_single_records_gzip_and_manifests(batch: Cloud) -> None:
    packed = gzip.compress(b"one\ntwo\n")
    batch.s3.put_object(Bucket=BUCKET, Key="in/forms-1/a.txt.gz", Body=packed)
    manifest = [{"prefix": f"s3://{BUCKET}/in/forms-1/"}, "a.txt.gz"]
    batch.s3.put_object(Bucket=BUCKET, Key="manifest.json", Body=json.dumps(manifest).encode())
    source = {
        "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/manifest.json"}},
        "CompressionType": "Gzip",
    }
    output = {"S3OutputPath": f"s3://{BUCKET}/out/forms-1"}
    start(batch, "forms-1", TransformInput=source, TransformOutput=output)
    assert ended(batch, "forms-1")["TransformJobStatus"] == "Completed"
    assert answers(batch, "forms-1") == {"a.txt.gz.out": "ONE\nTWO"}
    start(
        batch,
        "forms-2",
        TransformInput=source | {"SplitType": "Line"},
        BatchStrategy="SingleRecord",
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out/forms-2", "AssembleWith": "Line"},
    )
    ended(batch, "forms-2")
    assert answers(batch, "forms-2") == {"a.txt.gz.out": "ONE\nTWO\n"}
    assert sum("POST /invocations" in line for line in logged(batch, "forms-2", data=False)) == 2
    batch.s3.put_object(Bucket=BUCKET, Key="in/forms-1/a.txt.gz", Body=b"not packed")
    start(batch, "forms-3", TransformInput=source)
    assert ended(batch, "forms-3")["FailureReason"].startswith("ClientError")


def test_a_job_is_stopped_on_request(batch: Cloud) -> None:
    put(batch, "in/stopped-1/a.txt", "one")
    put(batch, "in/stopped-1/b.txt", "wait")
    start(batch, "stopped-1")
    wait_for(lambda: answers(batch, "stopped-1"), what="the first file's answers")
    batch.sagemaker.stop_transform_job(TransformJobName="stopped-1")
    assert ended(batch, "stopped-1")["TransformJobStatus"] == "Stopped"
    assert answers(batch, "stopped-1") == {"a.txt.out": "ONE\n"}
    with pytest.raises(ClientError, match="the transform job is in status Stopped"):
        batch.sagemaker.stop_transform_job(TransformJobName="stopped-1")


def test_requests_are_checked_and_jobs_are_listed(batch: Cloud) -> None:
    put(batch, "in/listed-b-1/a.txt", "one")
    start(batch, "listed-b-1")
    with pytest.raises(ClientError, match="names must be unique"):
        start(batch, "listed-b-1")
    ended(batch, "listed-b-1")
    for members, refusal in (
        ({"ModelName": "nobody"}, "Could not find model"),
        ({"MaxPayloadInMB": 101}, "must not be greater than 100"),
        ({"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3}, "must not exceed 100 MB"),
        ({"DataProcessing": {"JoinSource": "Input"}}, "does not filter or join"),
    ):
        with pytest.raises(ClientError, match=refusal):
            start(batch, "refused-1", **members)
    with pytest.raises(ClientError, match="Could not find requested job with name: refused-1"):
        batch.sagemaker.describe_transform_job(TransformJobName="refused-1")
    result = batch.sagemaker.list_transform_jobs(NameContains="listed-b", StatusEquals="Completed")
    assert [job["TransformJobName"] for job in result["TransformJobSummaries"]] == ["listed-b-1"]


def test_its_changes_are_events(batch: Cloud) -> None:
    events, queues = batch.server.client("events"), batch.server.client("sqs")
    queue = queues.create_queue(QueueName="transform-events")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Transform Job State Change"],
        "detail": {"TransformJobName": ["event-b-1"], "TransformJobStatus": ["Completed"]},
    }
    events.put_rule(Name="transformed", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="transformed", Targets=[{"Id": "queue", "Arn": arn}])
    put(batch, "in/event-b-1/a.txt", "one")
    start(batch, "event-b-1")
    ended(batch, "event-b-1")

    def received() -> list[dict[str, str]]:
        result: list[dict[str, str]] = queues.receive_message(QueueUrl=queue).get("Messages", [])
        return result

    (message,) = wait_for(received, what="the event")
    detail = json.loads(message["Body"])["detail"]
    assert detail["ModelName"] == "batch" and detail["TransformOutput"]["S3OutputPath"].endswith("/out/event-b-1")
    assert isinstance(detail["TransformEndTime"], int) and detail["TransformEndTime"] > 10**12
